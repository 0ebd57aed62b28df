/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jsonpairs.c - the grammar of an array of number arrays as masks, a bit a byte.  Knows this one shape only. */
#include "jsonpairs.h"

#include <emmintrin.h> /* SSE2: every x86-64 has it */
#include <stdint.h>

/* Bit i is about byte i of a block. */
struct masks {
	uint64_t digit, zero, comma, open, close;
};

static inline uint64_t bits_of(__m128i bytes, int block)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(bytes) << (block * 16);
}

static inline struct masks masks_of(const char *at)
{
	struct masks m = { 0 };

	for (int i = 0; i < 4; i++) {
		__m128i text = _mm_loadu_si128((const __m128i *)(const void *)(at + i * 16));
		__m128i from_0 = _mm_sub_epi8(text, _mm_set1_epi8('0'));

		m.digit |= bits_of(_mm_cmpeq_epi8(_mm_min_epu8(from_0, _mm_set1_epi8(9)), from_0),
		                   i);
		m.zero |= bits_of(_mm_cmpeq_epi8(text, _mm_set1_epi8('0')), i);
		m.comma |= bits_of(_mm_cmpeq_epi8(text, _mm_set1_epi8(',')), i);
		m.open |= bits_of(_mm_cmpeq_epi8(text, _mm_set1_epi8('[')), i);
		m.close |= bits_of(_mm_cmpeq_epi8(text, _mm_set1_epi8(']')), i);
	}
	return m;
}

/* Moved up by n bytes; those that fall in come from the block before. */
static inline uint64_t after(uint64_t mask, uint64_t before, int n)
{
	return mask << n | before >> (64 - n);
}

/* What may not stand where it stands.  A comma behind a bracket parts elements, any other one numbers: so the depth is
 * known from the two bytes before, and no count is kept. */
static inline uint64_t wrong(const struct masks *m, const struct masks *before)
{
	uint64_t after_digit = after(m->digit, before->digit, 1),
	         after_comma = after(m->comma, before->comma, 1),
	         after_open = after(m->open, before->open, 1),
	         after_close = after(m->close, before->close, 1),
	         between = after_comma & after(m->close, before->close, 2),
	         leading = after(m->zero, before->zero, 1) &
	                   (after(m->comma, before->comma, 2) | after(m->open, before->open, 2));

	return ~(m->digit | m->comma | m->open | m->close) |
	       (m->digit & (after_close | between | leading)) | (m->open & ~between) |
	       (m->comma & ~(after_digit | after_close)) | (m->close & ~after_digit) |
	       (after_open & ~m->digit);
}

const char *jsonpairs_pass(const char *at, const char *end)
{
	/* as if an element had been before: then the first one's bracket is right */
	struct masks before = { .comma = 1ull << 63, .close = 1ull << 62 };
	const char *passed = at;

	for (; end - at >= 64; at += 64) {
		struct masks m = masks_of(at);
		uint64_t bad = wrong(&m, &before);
		uint64_t good = bad ? (bad & -bad) - 1 : ~0ull; /* the bytes before the first */

		if (m.close & good)
			passed = at + 64 - __builtin_clzll(m.close & good);
		if (bad)
			break;
		before = m;
	}
	return passed;
}
