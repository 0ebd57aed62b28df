/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jsonshape.c - two texts side by side, 16 bytes at a time; where they part, a number or a string has to end. */
#include "jsonshape.h"

#include <emmintrin.h> /* SSE2: every x86-64 has it */
#include <stdlib.h>
#include <string.h>

#include "jsonscan.h"

/* LOOSE: inside of a string, or its closing quote; an escape is FIXED. */
enum kind { FIXED, LOOSE, NUMBER };

static size_t escape_len(const char *at)
{
	return at[1] == 'u' ? 6 : 2;
}

/* A good text's bytes; returns what follows the closing quote. */
static size_t mark_string(struct jsonshape *shape, size_t at)
{
	const char *text = shape->text;

	shape->kind[at++] = FIXED;
	while (text[at] != '"') {
		size_t len = text[at] == '\\' ? escape_len(text + at) : 1;

		memset(shape->kind + at, text[at] == '\\' ? FIXED : LOOSE, len);
		at += len;
	}
	shape->kind[at] = LOOSE;
	return at + 1;
}

static size_t mark_number(struct jsonshape *shape, size_t at)
{
	size_t len = strspn(shape->text + at, "-+.eE0123456789");

	memset(shape->kind + at, NUMBER, len);
	return at + len;
}

void jsonshape_learn(struct jsonshape *shape, const struct jsonscan_view *value)
{
	shape->len = 0;
	if (value->len > JSONSHAPE_MAX || !value->len || !strchr("{[", value->text[0]))
		return;
	if (value->len >= shape->room) {
		jsonshape_done(shape);
		shape->text = malloc(value->len + 1);
		shape->kind = malloc(value->len + 1);
		if (!shape->text || !shape->kind) {
			jsonshape_done(shape);
			return;
		}
		shape->room = value->len + 1;
	}
	shape->len = value->len;
	memcpy(shape->text, value->text, shape->len);
	shape->text[shape->len] = '\0';
	for (size_t at = 0; at < shape->len;) {
		char c = shape->text[at];

		if (c == '"')
			at = mark_string(shape, at);
		else if (c == '-' || (c >= '0' && c <= '9'))
			at = mark_number(shape, at);
		else
			shape->kind[at++] = FIXED;
	}
}

/* How many bytes are the same. */
static size_t same(const char *a, const char *b, size_t max)
{
	size_t n = 0;

	for (; max - n >= 16; n += 16) {
		__m128i left = _mm_loadu_si128((const __m128i *)(const void *)(a + n));
		__m128i right = _mm_loadu_si128((const __m128i *)(const void *)(b + n));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(left, right));

		if (mask != 0xffff)
			return n + (size_t)__builtin_ctz(~mask);
	}
	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* Where the two stand: i in the shape's text, at in the other. */
struct place {
	size_t i;
	const char *at, *end;
};

/* Inside of or just behind a number: whatever number stands in the other text will do. */
static bool pass_number(const struct jsonshape *shape, struct place *place)
{
	const char *end;

	while (place->i && shape->kind[place->i - 1] == NUMBER) {
		place->i--;
		place->at--;
	}
	end = jsonscan_number_end(place->at, place->end);
	if (!end)
		return false;
	place->at = end;
	while (shape->kind[place->i] == NUMBER)
		place->i++;
	return place->at < place->end && shape->text[place->i] == *place->at;
}

/* To the next escape or closing quote in both. */
static bool pass_string(const struct jsonshape *shape, struct place *place)
{
	while (shape->kind[place->i] == LOOSE && shape->text[place->i] != '"')
		place->i++;
	place->at = jsonscan_plain_end(place->at, place->end);
	return place->at < place->end && shape->text[place->i] == *place->at;
}

bool jsonshape_pass(const struct jsonshape *shape, struct jsonscan *scan, struct jsonscan_view *ret)
{
	struct place place = { .at = scan->at, .end = scan->end };

	if (scan->bad || !shape->len)
		return false;
	for (;;) {
		size_t left = shape->len - place.i, rest = (size_t)(place.end - place.at);
		size_t n = same(shape->text + place.i, place.at, left < rest ? left : rest);

		place.i += n;
		place.at += n;
		if (place.i == shape->len)
			break;
		if (place.at == place.end)
			return false;
		if (shape->kind[place.i] == LOOSE) {
			if (!pass_string(shape, &place))
				return false;
		} else if (shape->kind[place.i] != NUMBER &&
		           (!place.i || shape->kind[place.i - 1] != NUMBER)) {
			return false;
		} else if (!pass_number(shape, &place)) {
			return false;
		}
	}
	if (ret)
		*ret = (struct jsonscan_view){ scan->at, (size_t)(place.at - scan->at) };
	scan->at = place.at;
	return true;
}

void jsonshape_done(struct jsonshape *shape)
{
	free(shape->text);
	free(shape->kind);
	*shape = (struct jsonshape){ 0 };
}
