/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine_words.h - the files that the words after "--" name, so that a confined QEMU may open them.  Knows where QEMU
 * takes a file's name, not what it does with it.
 */
#ifndef LAUNCHER_CONFINE_WORDS_H
#define LAUNCHER_CONFINE_WORDS_H

#include <stdbool.h>

#include "err.h"

struct confine;

/* words: NULL-terminated, or NULL.  Changes nothing. */
int confine_words(char *const *words, struct confine *ret, struct err *err) MUST_CHECK;
/* Removes the sockets that servers of an earlier run have left behind, as QEMU would if it might.  -EBUSY for one that
 * a program serves. */
int confine_words_check_servers(const struct confine *confine, bool remove, struct err *err)
        MUST_CHECK;

#endif
