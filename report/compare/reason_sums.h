/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reason_sums.h - exits by reason and preemptors of an arm's trials together, for every format to write.
 *
 * Counts and seconds are means over all trials of the arm and workload that have such a list: a name that is not in a
 * trial's list is 0 there - a preemptor may be among that trial's REASONS_REST instead, so it has at least the numbers that
 * stand there.  A percentile is the median of the trials' own, the maximum that of all.
 */
#ifndef REPORT_REASON_SUMS_H
#define REPORT_REASON_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#include "reasons.h"

struct comparisons;
struct results;

/* Texts are borrowed from the results, and foreign. */
struct reason_sum {
	const char *name; /* "npf", or a preemptor's own: "stress" */
	const char
	        *of; /* the thread whose CPU a preemptor took; the vCPU of a row in by; else "" */
	int tid;     /* a preemptor's, where there is one trial; else 0 */
	double count, seconds, share;          /* a trial; share of the group's count */
	double mean_s, max_ns, p50_ns, p99_ns; /* the last three: NaN where not known */
	const char *why;                       /* p50_ns or p99_ns is NaN; else NULL */
	const struct reason_sum *by;           /* exits only: vCPU by vCPU */
	size_t nr_by;
};

/* What the trials of an arm and workload have of one kind, the longest time first. */
struct reason_group {
	int workload, arm; /* numbers in the tables of struct results */
	enum reason_kind kind;
	size_t trials;
	double count, seconds; /* a trial, all names together */
	const struct reason_sum *sum;
	size_t nr;
};

/* In the comparisons' order of workloads, then by kind, then in the order of arms.  None where no line has such a list. */
struct reason_sums {
	struct reason_group *group;
	size_t nr;
	struct reason_sum *sum, *by;
};

/* -ENOMEM only. */
int reason_sums_make(const struct results *results, const struct comparisons *order,
                     struct reason_sums *ret) MUST_CHECK;
/* The groups of a workload; NULL where there are none at all. */
const struct reason_group *reason_sums_of(const struct reason_sums *sums, int workload,
                                          size_t *ret_nr);
/* Has it preemptors that may be among another trial's REASONS_REST? */
bool reason_sums_at_least(const struct reason_group *group);
/* The rest of a group from its i-th name on, as one sum. */
struct reason_sum reason_sums_rest(const struct reason_group *group, size_t i);
void reason_sums_done(struct reason_sums *sums);

#endif
