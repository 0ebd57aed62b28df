/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hist.c - what is read out of a histogram.  Recording is in the header, for speed. */
#include "hist.h"

/* Bucket i of group g >= 1 covers [(128 + i) << (g - 1), +2^(g-1)); group 0 is exact. */
uint64_t hist_width_ns(int index)
{
	int group = index >> HIST_SUB_BITS;

	return group ? 1ull << (group - 1) : 1;
}

uint64_t hist_low_ns(int index)
{
	int group = index >> HIST_SUB_BITS;
	uint64_t sub = (uint64_t)index & ((1u << HIST_SUB_BITS) - 1);

	return group ? ((1ull << HIST_SUB_BITS) + sub) << (group - 1) : sub;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	for (int i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
	into->count += from->count;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
}

uint64_t hist_percentile_ns(const struct hist *hist, unsigned int ppm)
{
	unsigned __int128 scaled = (unsigned __int128)hist->count * ppm;
	uint64_t rank = (uint64_t)((scaled + 999999) / 1000000), seen = 0, middle;

	if (!hist->count)
		return 0;
	if (!rank)
		rank = 1;
	for (int i = 0; i < HIST_BUCKETS; i++) {
		seen += hist->bucket[i];
		if (seen < rank)
			continue;
		middle = hist_low_ns(i) + hist_width_ns(i) / 2;
		return middle < hist->max_ns ? middle : hist->max_ns;
	}
	return hist->max_ns;
}

bool hist_carries(const struct hist *hist, unsigned int ppm)
{
	return (unsigned __int128)hist->count * (1000000 - ppm) >= 10 * 1000000u;
}
