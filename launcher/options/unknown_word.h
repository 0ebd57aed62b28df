/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unknown_word.h - what to say of an option that is no knob: QEMU's own, one that other launchers have, or a misspelt
 * one.
 */
#ifndef LAUNCHER_UNKNOWN_WORD_H
#define LAUNCHER_UNKNOWN_WORD_H

#include <stdbool.h>

#include "err.h"
#include "spec.h"

/* "--name".  Returns -EINVAL. */
int unknown_word(const char *name, enum command_kind command, struct err *err);
/* takes_words says that the command takes QEMU's options after "--".
 * "-name" with one dash, of several letters: a knob's name or an option of QEMU's, which letters would hide: -object is
 * not -o bject.  0: it is neither. */
int unknown_short(const char *name, bool takes_words, struct err *err);

#endif
