/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_words.h - QEMU's own options, which a user may write after "--": what each one means beside the command line
 * that qlaunch builds.
 *
 * The table has every option of QEMU 7.2 to 10.  Each is refused, with the reason and the knob to use, or passed on as
 * it stands; some are passed on with certain values only.  A newer QEMU may have an option that is not in the table: it
 * is passed on, and the user is told that qlaunch does not know it.
 */
#ifndef LAUNCHER_QEMU_WORDS_H
#define LAUNCHER_QEMU_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* The words after "--", NULL-terminated: 0, or the reason why QEMU is not started with them. */
int qemu_words_check(char *const *words, struct err *err) MUST_CHECK;
/* The next option that the table does not know, from *at on; NULL: none.  Moves *at. */
const char *qemu_words_unknown(char *const **at);
/* The next -vnc, -spice, -gdb or -s, from *at on, that lets in whoever reaches any address of the host; NULL: none.  Moves
 * *at. */
const char *qemu_words_open(char *const **at);
/* Do they bring a firmware of their own?  NULL: no words. */
bool qemu_words_have_firmware(char *const *words);
/* Does a -device of theirs have this name=, as a virtio-serial port has?  NULL: no words. */
bool qemu_words_have_port(char *const *words, const char *port);
/* A name without its dashes: is it an option of QEMU's?  *ret_refused: why it is refused, or NULL. */
bool qemu_word_find(const char *name, const char **ret_refused);

#endif
