/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console.h - the guest's serial console: qlaunch owns the socket and always drains it.
 *
 * On a terminal it is proxied raw (Ctrl-A ? shows qlaunch's keys); else it goes to a capped log file.  The built-in guest's is
 * never shown: its last bytes are kept and quoted, escaped, where a boot fails.
 */
#ifndef LAUNCHER_CONSOLE_H
#define LAUNCHER_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define CONSOLE_LOG_MAX (16 * 1024 * 1024) /* bytes kept in the log file */

struct console;
struct pump;

enum console_kind { CONSOLE_KEEP, CONSOLE_LOG, CONSOLE_TERMINAL };

/* Owns fd, also on failure.  log_fd: for CONSOLE_LOG, borrowed. */
int console_open(struct pump *pump, int fd, enum console_kind kind, int log_fd,
                 struct console **ret, struct err *err) MUST_CHECK;
/* Ctrl-A X asks before it leaves: the guest has a disk that it writes to. */
void console_ask_first(struct console *console);
/* Ctrl-A X was typed, and confirmed where it asks first. */
bool console_has_left(const struct console *console);
/* Ctrl-A P was typed. */
bool console_wants_shutdown(const struct console *console);
/* From now on looks for a pattern (console_match.h) in what the guest writes. */
int console_expect(struct console *console, const char *pattern, struct err *err) MUST_CHECK;
/* The line that had it; NULL: not yet, or nothing is looked for. */
const char *console_seen(const struct console *console);
bool console_is_shown(const struct console *console);  /* on the terminal */
uint64_t console_bytes(const struct console *console); /* all that the guest wrote */
/* The last of it, escaped; of a kernel that panicked the line that says why. */
void console_last_words(const struct console *console, char *buf, size_t size);
/* Restores the terminal. */
void console_close(struct console **console);

#endif
