/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hist.h - a latency histogram: log-linear, 128 buckets a power of two, so a bucket's middle is at most 0.4 % off.
 *
 * Values from 0 ns to 2^44 ns (almost five hours) have their bucket, longer ones share the last; the largest value
 * is kept exactly.  Recording is a few instructions, merging is exact, and a percentile is always the middle of its
 * bucket (never above the largest value).  A wait that did not end is recorded with what it had lasted: a lower bound.
 */
#ifndef WORKLOADS_HIST_H
#define WORKLOADS_HIST_H

#include <stdbool.h>
#include <stdint.h>

#define HIST_SUB_BITS 7
#define HIST_MAX_BITS 44
#define HIST_BUCKETS  ((HIST_MAX_BITS - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
	uint64_t count;
	uint64_t max_ns;
	uint64_t nr_open, open_min_ns; /* of count: lower bounds, and the least of them */
	uint64_t bucket[HIST_BUCKETS];
};

static inline int hist_index(uint64_t ns)
{
	int shift;

	if (ns < (1u << HIST_SUB_BITS))
		return (int)ns;
	if (ns >> HIST_MAX_BITS)
		return HIST_BUCKETS - 1;
	shift = 63 - __builtin_clzll(ns) - HIST_SUB_BITS;
	return (shift << HIST_SUB_BITS) + (int)(ns >> shift);
}

static inline void hist_add(struct hist *hist, uint64_t ns, uint64_t count)
{
	hist->bucket[hist_index(ns)] += count;
	hist->count += count;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
}

/* A wait that lasted so long and had not ended. */
void hist_add_open(struct hist *hist, uint64_t ns);
uint64_t hist_low_ns(int index);   /* the smallest value of a bucket */
uint64_t hist_width_ns(int index); /* how many values share it */
void hist_merge(struct hist *into, const struct hist *from);
/* The value that `ppm` millionths of the samples do not exceed (nearest rank); 0 of an empty histogram. */
uint64_t hist_percentile_ns(const struct hist *hist, unsigned int ppm);
/* False where the count cannot carry the percentile: fewer than ten samples would lie above it (p99.9 needs 10,000). */
bool hist_carries(const struct hist *hist, unsigned int ppm);
/* Whether the percentile (1000000: the maximum) is a lower bound only: it lies where waits had not ended. */
bool hist_is_bound(const struct hist *hist, unsigned int ppm);

#endif
