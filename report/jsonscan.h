/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jsonscan.h - reads one JSON text in place, front to back, without building it.
 *
 * A report reads gigabytes of result lines and keeps a few numbers of each: a tree per line (json-c) takes ten
 * times as long.  The scanner is as strict about the grammar, also in what is skipped.  It is sticky: after the
 * first error every call ends its loop, and jsonscan_finish() tells.
 *
 *	jsonscan_init(&scan, line, len);
 *	jsonscan_open(&scan, '{');
 *	while (jsonscan_member(&scan, &key))
 *		jsonscan_skip(&scan, &raw);
 *	good = jsonscan_finish(&scan);
 */
#ifndef REPORT_JSONSCAN_H
#define REPORT_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define JSONSCAN_DEPTH_MAX 16

/* A piece of the text, borrowed.  Of a string: what stands between the quotes, escapes and all. */
struct jsonscan_view {
	const char *text;
	size_t len;
};

struct jsonscan {
	const char *at, *end;
	int depth;
	bool first; /* nothing of the innermost object or array has been read yet */
	bool bad;
};

/* text[len] must be readable and end a number: NUL, or what follows the value in a larger text. */
void jsonscan_init(struct jsonscan *scan, const char *text, size_t len);
/* What comes next: one of { [ " 0 (a number) t f n, or NUL for nothing or no value. */
char jsonscan_peek(struct jsonscan *scan);

bool jsonscan_open(struct jsonscan *scan, char bracket);
/* The next key, or false at the closing bracket.  Its value must be read or skipped before the next call. */
bool jsonscan_member(struct jsonscan *scan, struct jsonscan_view *ret_key);
bool jsonscan_element(struct jsonscan *scan);

bool jsonscan_string(struct jsonscan *scan, struct jsonscan_view *ret);
/* Finite numbers only. */
bool jsonscan_number(struct jsonscan *scan, double *ret);
/* Any one value; ret (or NULL) is its text. */
bool jsonscan_skip(struct jsonscan *scan, struct jsonscan_view *ret);
/* Passes the next value where it is the same text as `known`, an object or array that was good before. */
bool jsonscan_pass(struct jsonscan *scan, const char *known, size_t len);
/* The same for a member, or the first part of one, `"key":...` without blanks: passes the comma before it as well. */
bool jsonscan_follow(struct jsonscan *scan, const char *known, size_t len);
/* What follows a number that starts here, or NULL; what follows the bytes that stand for themselves in a string. */
const char *jsonscan_number_end(const char *at, const char *end);
const char *jsonscan_plain_end(const char *at, const char *end);
/* True where all of the text was one good value. */
bool jsonscan_finish(struct jsonscan *scan);

static inline bool jsonscan_is(const struct jsonscan_view *view, const char *text)
{
	return view->len == strlen(text) && (!view->len || !memcmp(view->text, text, view->len));
}

/* A string's value as UTF-8.  Returns its length, also where it was cut (at a character) to fit; -EINVAL for bad
 * UTF-8, a half surrogate or a NUL inside. */
int jsonscan_decode(const struct jsonscan_view *view, char *buf, size_t size);

#endif
