/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utf8.h - reads strict UTF-8 (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at `at`, of at most len bytes: returns how many it has, or -EINVAL where it is none. */
int utf8_read(const char *at, size_t len, uint32_t *ret);
/* A character that a terminal only shows: no control character (C0, DEL, C1), none that changes the direction or the end
 * of a line (Unicode's bidirectional controls and separators). */
bool utf8_is_plain(uint32_t c);

#endif
