/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine_words.h - the files that the words after "--" name, so that a confined QEMU may open them.  Knows where QEMU
 * takes a file's name, not what it does with it.
 */
#ifndef LAUNCHER_CONFINE_WORDS_H
#define LAUNCHER_CONFINE_WORDS_H

#include "err.h"

struct confine;

/* words: NULL-terminated, or NULL.  A socket that a server has left behind is removed, as QEMU would. */
int confine_words(char *const *words, struct confine *ret, struct err *err) MUST_CHECK;

#endif
