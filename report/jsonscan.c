/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jsonscan.c - JSON's grammar (RFC 8259) over bytes.  Knows no key. */
#include "jsonscan.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jsonpairs.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

void jsonscan_init(struct jsonscan *scan, const char *text, size_t len)
{
	*scan = (struct jsonscan){ .at = text, .end = text + len };
}

static bool fail(struct jsonscan *scan)
{
	scan->bad = true;
	scan->at = scan->end;
	return false;
}

static inline void skip_space(struct jsonscan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
		scan->at++;
}

static inline char next(struct jsonscan *scan)
{
	skip_space(scan);
	return scan->at < scan->end ? *scan->at : '\0';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

char jsonscan_peek(struct jsonscan *scan)
{
	char c = next(scan);

	if (is_digit(c) || c == '-')
		return '0';
	return c && strchr("{[\"tfn", c) ? c : '\0';
}

bool jsonscan_open(struct jsonscan *scan, char bracket)
{
	if (scan->bad || next(scan) != bracket || scan->depth == JSONSCAN_DEPTH_MAX)
		return fail(scan);
	scan->at++;
	scan->depth++;
	scan->first = true;
	return true;
}

/* Past the comma, or out through the closing bracket. */
static bool step(struct jsonscan *scan, char bracket)
{
	char c = next(scan);

	if (scan->bad)
		return false;
	if (c == bracket) {
		scan->at++;
		scan->depth--;
		scan->first = false;
		return false;
	}
	if (!scan->first) {
		if (c != ',')
			return fail(scan);
		scan->at++;
	}
	scan->first = false;
	return true;
}

bool jsonscan_element(struct jsonscan *scan)
{
	return step(scan, ']');
}

bool jsonscan_member(struct jsonscan *scan, struct jsonscan_view *ret_key)
{
	if (!step(scan, '}') || !jsonscan_string(scan, ret_key))
		return false;
	if (next(scan) != ':')
		return fail(scan);
	scan->at++;
	return true;
}

/* at stands on the backslash; returns the escape's length, or 0. */
static int escape_len(const char *at, const char *end)
{
	if (end - at < 2 || !at[1] || !strchr("\"\\/bfnrtu", at[1]))
		return 0;
	if (at[1] != 'u')
		return 2;
	if (end - at < 6)
		return 0;
	for (int i = 2; i < 6; i++) {
		if (!isxdigit((unsigned char)at[i]))
			return 0;
	}
	return 6;
}

/* What may stand in a string as itself. */
static const bool plain[256] = {
	[0x20 ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... 0xff] = true,
};

const char *jsonscan_plain_end(const char *at, const char *end)
{
	while (at < end && plain[(unsigned char)*at])
		at++;
	return at;
}

bool jsonscan_string(struct jsonscan *scan, struct jsonscan_view *ret)
{
	const char *at, *start;

	if (scan->bad || next(scan) != '"')
		return fail(scan);
	start = at = scan->at + 1;
	for (;;) {
		int len;

		at = jsonscan_plain_end(at, scan->end);
		if (at == scan->end || *at != '\\')
			break;
		len = escape_len(at, scan->end);
		if (!len)
			return fail(scan);
		at += len;
	}
	if (at == scan->end || *at != '"')
		return fail(scan);
	*ret = (struct jsonscan_view){ start, (size_t)(at - start) };
	scan->at = at + 1;
	return true;
}

/* A number's digits without sign, point and exponent: enough of them to tell whether they are exact. */
struct digits {
	uint64_t whole; /* of at most 19 digits */
	int nr, exponent;
};

/* Inlined always: who only wants the end then computes no value. */
ALWAYS_INLINE const char *read_digits(const char *at, const char *end, struct digits *ret)
{
	for (; at < end && is_digit(*at); at++) {
		if (ret->nr < 19)
			ret->whole = ret->whole * 10 + (uint64_t)(*at - '0');
		ret->nr++;
	}
	return at;
}

/* An exponent's digits; a huge one only has to stay huge. */
ALWAYS_INLINE const char *read_exponent(const char *at, const char *end, int *ret)
{
	bool minus = at < end && *at == '-';
	const char *from;
	int value = 0;

	at += at < end && (*at == '+' || *at == '-');
	for (from = at; at < end && is_digit(*at); at++)
		value = value < 100000 ? value * 10 + (*at - '0') : value;
	*ret += minus ? -value : value;
	return at == from ? NULL : at;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?  Returns what follows, or NULL. */
ALWAYS_INLINE const char *read_number(const char *at, const char *end, struct digits *ret)
{
	const char *from;

	at += at < end && *at == '-';
	from = at;
	at = read_digits(at, end, ret);
	if (at == from || (*from == '0' && at - from > 1))
		return NULL;
	if (at < end && *at == '.') {
		from = ++at;
		at = read_digits(at, end, ret);
		ret->exponent = (int)(from - at);
		if (at == from)
			return NULL;
	}
	if (at < end && (*at == 'e' || *at == 'E'))
		return read_exponent(at + 1, end, &ret->exponent);
	return at;
}

const char *jsonscan_number_end(const char *at, const char *end)
{
	struct digits digits = { 0 };

	return read_number(at, end, &digits);
}

/* Digits below 2^53 and a power of ten up to 22 are exact in a double, and so is what one operation makes of them: the
 * nearest double, as strtod() finds it. */
static double number_value(const char *at, const struct digits *digits)
{
	static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
		                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	double value = (double)digits->whole;

	if (digits->nr > 19 || digits->whole > 1ull << 53 || abs(digits->exponent) > 22)
		return strtod(at, NULL);
	value = digits->exponent < 0 ? value / tens[-digits->exponent]
	                             : value * tens[digits->exponent];
	return *at == '-' ? -value : value;
}

bool jsonscan_number(struct jsonscan *scan, double *ret)
{
	struct digits digits = { 0 };
	const char *end;
	double value;

	if (scan->bad || jsonscan_peek(scan) != '0')
		return fail(scan);
	end = read_number(scan->at, scan->end, &digits);
	if (!end)
		return fail(scan);
	value = number_value(scan->at, &digits);
	if (!isfinite(value))
		return fail(scan);
	scan->at = end;
	*ret = value;
	return true;
}

static bool skip_word(struct jsonscan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len))
		return fail(scan);
	scan->at += len;
	return true;
}

static bool skip_value(struct jsonscan *scan);

/* The numbers that follow a first one in an array without blanks: histograms are half of a result line. */
static void skip_more_numbers(struct jsonscan *scan)
{
	while (scan->end - scan->at > 1 && scan->at[0] == ',' && is_digit(scan->at[1])) {
		const char *end = jsonscan_number_end(scan->at + 1, scan->end);

		if (!end) {
			fail(scan);
			return;
		}
		scan->at = end;
	}
}

static bool skip_members(struct jsonscan *scan, char bracket)
{
	struct jsonscan_view key;
	const char *from;

	if (!jsonscan_open(scan, bracket))
		return false;
	if (bracket == '{') {
		while (jsonscan_member(scan, &key))
			skip_value(scan);
		return !scan->bad;
	}
	from = jsonpairs_pass(scan->at, scan->end);
	scan->first = from == scan->at;
	scan->at = from;
	while (jsonscan_element(scan)) {
		skip_value(scan);
		skip_more_numbers(scan);
	}
	return !scan->bad;
}

static bool skip_value(struct jsonscan *scan)
{
	struct jsonscan_view view;
	char c = next(scan);

	switch (c) {
	case '{':
	case '[':
		return skip_members(scan, c);
	case '"':
		return jsonscan_string(scan, &view);
	case 't':
		return skip_word(scan, "true");
	case 'f':
		return skip_word(scan, "false");
	case 'n':
		return skip_word(scan, "null");
	default:
		break;
	}
	view.text = jsonscan_number_end(scan->at, scan->end);
	if (!view.text)
		return fail(scan);
	scan->at = view.text;
	return true;
}

bool jsonscan_skip(struct jsonscan *scan, struct jsonscan_view *ret)
{
	const char *from;

	if (scan->bad)
		return false;
	skip_space(scan);
	from = scan->at;
	if (!skip_value(scan))
		return false;
	if (ret)
		*ret = (struct jsonscan_view){ from, (size_t)(scan->at - from) };
	return true;
}

bool jsonscan_pass(struct jsonscan *scan, const char *known, size_t len)
{
	skip_space(scan);
	if (scan->bad || !len || (size_t)(scan->end - scan->at) < len ||
	    memcmp(scan->at, known, len))
		return false;
	scan->at += len;
	return true;
}

bool jsonscan_follow(struct jsonscan *scan, const char *known, size_t len)
{
	size_t comma = !scan->first;

	if (scan->bad || (size_t)(scan->end - scan->at) < len + comma ||
	    (comma && *scan->at != ',') || memcmp(scan->at + comma, known, len))
		return false;
	scan->at += comma + len;
	scan->first = false;
	return true;
}

bool jsonscan_finish(struct jsonscan *scan)
{
	skip_space(scan);
	return !scan->bad && scan->at == scan->end && scan->depth == 0;
}
