/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.h - SHA-256 (FIPS 180-4) of bytes that come in pieces, as the 64 hex digits that sha256sum prints.  To tell files
 * apart, not to keep secrets.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define SHA256_TEXT 65 /* bytes of the hex digits and their end */

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	unsigned char block[64];
};

void sha256_init(struct sha256 *sha256);
void sha256_add(struct sha256 *sha256, const void *bytes, size_t len);
void sha256_text(struct sha256 *sha256, char ret[SHA256_TEXT]);
/* Of all that fd still has to be read. */
int sha256_file(int fd, char ret[SHA256_TEXT], struct err *err) MUST_CHECK;

#endif
