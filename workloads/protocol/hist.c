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

static void count_open(struct hist *hist, uint64_t nr, uint64_t min_ns)
{
	if (nr && (!hist->nr_open || min_ns < hist->open_min_ns))
		hist->open_min_ns = min_ns;
	hist->nr_open += nr;
}

void hist_add_open(struct hist *hist, uint64_t ns)
{
	hist_add(hist, ns, 1);
	count_open(hist, 1, ns);
}

void hist_merge(struct hist *into, const struct hist *from)
{
	for (int i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
	into->count += from->count;
	count_open(into, from->nr_open, from->open_min_ns);
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

bool hist_is_bound(const struct hist *hist, unsigned int ppm)
{
	/* by buckets: a percentile is the middle of its own */
	return hist->nr_open &&
	       hist_index(hist_percentile_ns(hist, ppm)) >= hist_index(hist->open_min_ns);
}
