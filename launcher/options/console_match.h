/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console_match.h - looks for a pattern in what a guest writes to its console, line by line as each line grows: a login
 * prompt has no end of line.  Control characters and escape sequences (colours) are left out.
 */
#ifndef LAUNCHER_CONSOLE_MATCH_H
#define LAUNCHER_CONSOLE_MATCH_H

#include <stddef.h>

#include "err.h"

/* A prompt, or what agetty(8) writes instead with --autologin. */
#define CONSOLE_LOGIN    "login:( ?| .*[(]automatic login[)])$"
#define CONSOLE_LINE_MAX 1024 /* of a longer line only so much is looked at */

struct console_match;

/* pattern: an extended regular expression, regex(7).  -EINVAL with regcomp()'s reason. */
int console_match_new(const char *pattern, struct console_match **ret, struct err *err) MUST_CHECK;
void console_match_feed(struct console_match *match, const char *bytes, size_t n);
/* The first line that matched; NULL: none has. */
const char *console_match_line(const struct console_match *match);
void console_match_free(struct console_match **match);

#endif
