/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sort.c - qsort() would call a function for each of the hundred million comparisons of a large report. */
#include "sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RUN       8   /* sorted by insertion */
#define RADIX_MIN 700 /* from here on bytes are dealt out instead of compared */

static void insert(struct sorted *list, size_t nr)
{
	for (size_t i = 1; i < nr; i++) {
		struct sorted one = list[i];
		size_t at = i;

		for (; at && list[at - 1].value > one.value; at--)
			list[at] = list[at - 1];
		list[at] = one;
	}
}

static void merge(const struct sorted *a, size_t nr_a, const struct sorted *b, size_t nr_b,
                  struct sorted *to)
{
	while (nr_a && nr_b) {
		bool second = b->value < a->value;

		*to++ = second ? *b : *a;
		b += second;
		nr_b -= second;
		a += !second;
		nr_a -= !second;
	}
	memcpy(to, a, nr_a * sizeof(*a));
	memcpy(to + nr_a, b, nr_b * sizeof(*b));
}

static void merge_runs(struct sorted *list, struct sorted *spare, size_t nr)
{
	struct sorted *from = list, *to = spare;

	for (size_t at = 0; at < nr; at += RUN)
		insert(list + at, nr - at < RUN ? nr - at : RUN);
	for (size_t run = RUN; run < nr; run *= 2) {
		struct sorted *swap = from;

		for (size_t at = 0; at < nr; at += 2 * run) {
			size_t left = nr - at, a = left < run ? left : run,
			       b = left - a < run ? left - a : run;

			merge(from + at, a, from + at + a, b, to + at);
		}
		from = to;
		to = swap;
	}
	if (from != list)
		memcpy(list, from, nr * sizeof(*list));
}

/* Whole numbers in the order of the doubles. */
static uint64_t key_of(double value)
{
	uint64_t key;

	value += 0.0; /* -0 becomes 0 */
	memcpy(&key, &value, sizeof(key));
	return key >> 63 ? ~key : key | 1ull << 63;
}

static void deal_bytes(struct sorted *list, struct sorted *spare, size_t nr)
{
	size_t count[8][256] = { { 0 } };
	struct sorted *from = list, *to = spare;

	for (size_t i = 0; i < nr; i++) {
		uint64_t key = key_of(list[i].value);

		for (int byte = 0; byte < 8; byte++)
			count[byte][key >> (byte * 8) & 255]++;
	}
	for (int byte = 0; byte < 8; byte++) {
		struct sorted *swap = from;
		size_t at = 0;

		if (count[byte][key_of(from[0].value) >> (byte * 8) & 255] == nr)
			continue; /* all have the same */
		for (int i = 0; i < 256; i++) {
			size_t here = count[byte][i];

			count[byte][i] = at;
			at += here;
		}
		for (size_t i = 0; i < nr; i++)
			to[count[byte][key_of(from[i].value) >> (byte * 8) & 255]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != list)
		memcpy(list, from, nr * sizeof(*list));
}

void sort_placed(struct sorted *list, struct sorted *spare, size_t nr)
{
	if (nr < RADIX_MIN)
		merge_runs(list, spare, nr);
	else
		deal_bytes(list, spare, nr);
}

struct sorted *sort_values(const double *values, size_t nr)
{
	struct sorted *list = malloc((2 * nr + 1) * sizeof(*list));

	if (!list)
		return NULL;
	for (size_t i = 0; i < nr; i++)
		list[i] = (struct sorted){ values[i], (uint32_t)i };
	sort_placed(list, list + nr, nr);
	return list;
}

void sorted_free(struct sorted **list)
{
	free(*list);
	*list = NULL;
}
