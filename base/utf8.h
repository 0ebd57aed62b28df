/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utf8.h - reads strict UTF-8 (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character at `at`, of at most len bytes: returns how many it has, or -EINVAL where it is none. */
int utf8_read(const char *at, size_t len, uint32_t *ret);

#endif
