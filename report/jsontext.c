/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jsontext.c - the value of a JSON string: escapes resolved, UTF-8 checked. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "jsonscan.h"
#include "utf8.h"

static uint32_t hex4(const char *at)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		char c = at[i];

		value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

/* One escape (its form was checked when it was read) into *ret; returns its length or -EINVAL. */
static int read_escape(const char *at, const char *end, uint32_t *ret)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t high, low;

	if (at[1] != 'u') {
		*ret = (uint32_t)to[strchr(from, at[1]) - from];
		return 2;
	}
	high = hex4(at + 2);
	*ret = high;
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	if (high > 0xdbff || end - at < 12 || at[6] != '\\' || at[7] != 'u')
		return -EINVAL;
	low = hex4(at + 8);
	if (low < 0xdc00 || low > 0xdfff)
		return -EINVAL;
	*ret = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static int write_utf8(uint32_t c, char *buf)
{
	if (c < 0x80) {
		buf[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		buf[0] = (char)(0xc0 | c >> 6);
		buf[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		buf[0] = (char)(0xe0 | c >> 12);
		buf[1] = (char)(0x80 | (c >> 6 & 0x3f));
		buf[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	buf[0] = (char)(0xf0 | c >> 18);
	buf[1] = (char)(0x80 | (c >> 12 & 0x3f));
	buf[2] = (char)(0x80 | (c >> 6 & 0x3f));
	buf[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

int jsonscan_decode(const struct jsonscan_view *view, char *buf, size_t size)
{
	const char *at = view->text, *end = view->len ? at + view->len : at;
	size_t len = 0, used = 0;

	while (at < end) {
		uint32_t c = 0;
		char one[4];
		int taken = *at == '\\' ? read_escape(at, end, &c)
		                        : utf8_read(at, (size_t)(end - at), &c);
		int n;

		if (taken < 0 || !c)
			return -EINVAL;
		n = write_utf8(c, one);
		if (used == len && used + (size_t)n < size) {
			memcpy(buf + used, one, (size_t)n);
			used += (size_t)n;
		}
		len += (size_t)n;
		at += taken;
	}
	if (size)
		buf[used] = '\0';
	return (int)len;
}
