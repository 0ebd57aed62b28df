/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - every arm against the baseline, figure by figure.  Knows no output format.
 *
 * The ratio is taken inside pairs where the trials pair (same seed, block and repeat): the machine's slow drift is
 * then in both halves and cancels.  What is not known is NaN, with the reason beside it.
 */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "results.h"

struct comparison {
	int arm, workload, figure; /* numbers in the tables of struct results */
	int rank[3];               /* the order of the list: workload, figure, arm */
	bool primary, is_baseline, paired;
	bool page_cache;  /* served from the host's memory, not from the disk */
	size_t n, trials; /* known values; all trials that have the figure */
	size_t pairs;
	double median, spread, min, max, baseline_median, ratio;
	const char *why, *why_spread, *why_ratio; /* of median, spread, ratio; NULL where known */
};

struct comparisons {
	int baseline;     /* its arm */
	int nr_workloads; /* with the workloads' numbers in order */
	int *workloads;
	int nr_arms; /* the baseline, then as planned */
	int *arms;
	size_t nr, room;
	struct comparison *list; /* by workload; primary figures first; arms as in `arms` */
};

/* baseline: an arm's name, or NULL: what the lines name, else the first arm.  -ENOENT: no such arm, said with those
 * there are; -ENODATA: no trial at all.  Texts are borrowed from results. */
int compare_make(const struct results *results, const char *baseline, struct comparisons *ret,
                 struct err *err) MUST_CHECK;
void comparisons_done(struct comparisons *comparisons);

#endif
