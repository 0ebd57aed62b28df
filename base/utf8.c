/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8.c - one character of UTF-8. */
#include "utf8.h"

#include <errno.h>

static int length(unsigned char first)
{
	return first < 0x80             ? 1
	       : (first & 0xe0) == 0xc0 ? 2
	       : (first & 0xf0) == 0xe0 ? 3
	       : (first & 0xf8) == 0xf0 ? 4
	                                : 0;
}

bool utf8_is_plain(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x61c && !(c >= 0x200e && c <= 0x200f) &&
	       !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

int utf8_read(const char *at, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)at;
	int n = len ? length(byte[0]) : 0;
	uint32_t value;

	if (!n || len < (size_t)n)
		return -EINVAL;
	value = n == 1 ? byte[0] : byte[0] & (0xffu >> (n + 1));
	for (int i = 1; i < n; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return -EINVAL;
		value = value << 6 | (byte[i] & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return -EINVAL;
	*ret = value;
	return n;
}
