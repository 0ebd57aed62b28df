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

#include "reason_sums.h"
#include "results.h"

enum verdict { VERDICT_NONE, VERDICT_BETTER, VERDICT_WORSE, VERDICT_UNRESOLVED };

/* A value far from its cell's median: flagged, and kept in all figures. */
struct outlier {
	const struct result_trial *trial;
	double value, z;
};

struct comparison {
	int arm, workload, figure; /* numbers in the tables of struct results */
	int rank[3];               /* the order of the list: workload, figure, arm */
	int base; /* the arm it is compared with: the baseline, or the arm's own twin */
	bool primary, is_baseline, paired;
	bool is_control;   /* the baseline under another name: differs only by order or drift */
	bool by_boot;      /* whole boots are compared, not rounds */
	bool by_session;   /* whole sessions are: the two were measured in different ones */
	bool spread_given; /* and what they differ by was not measured, but given */
	bool page_cache;   /* served from the host's memory, not from the disk */
	bool at_least; /* a value is a lower bound: so is the median, and a difference may be larger */
	size_t n, trials; /* known values; all trials that have the figure */
	size_t pairs;
	double median, spread, min, max, baseline_median, ratio;
	double share; /* of the time that it was counted: the least of the trials, the rest is scaled; 1: all */
	const char *why, *why_spread, *why_ratio; /* of median, spread, ratio; NULL where known */
	size_t needed; /* units, where there are too few for a verdict; else 0 */
	bool is_rough; /* the ratio is that of the medians: too few units pair for an estimate */
	size_t units; /* pairs (or trials, boots of the smaller side) that stand behind the verdict */
	double ci[2], level; /* of the ratio; 0.95, or the level of a control */
	const char *test;    /* its name, or NULL */
	double p, p_holm,
	        least; /* p alone and corrected for the arms of this workload and figure; the least possible */
	double effect, mde, boot_sd;
	double lag1;           /* autocorrelation of native rounds; NaN */
	double gap, gap_ci[2]; /* the share of the gap to native that it recovers (gap.h); NaN */
	const char *gap_why;   /* why there is none although the row has one to recover; NULL */
	double beyond_control; /* of a verdict that stands although the A/A control differs by so much; else 0 */
	enum verdict verdict;
	const char *why_open;    /* why there is no verdict whatever p says; NULL */
	const char *why_verdict; /* of n/a, or of a verdict that was lowered; else NULL */
	char why_room[112];      /* where it has numbers */
	size_t first_outlier, nr_outliers;
};

struct comparisons {
	int baseline;     /* its arm */
	int nr_workloads; /* with the workloads' numbers in order */
	int *workloads;
	int nr_arms; /* the baseline, then as planned */
	int *arms;
	size_t nr, room;
	struct comparison *list; /* by workload; primary figures first; arms as in `arms` */
	int *base_of;            /* by arm */
	double control_alpha;    /* the level of A/A controls here */
	size_t nr_outliers, room_outliers;
	struct outlier *outlier;
	struct reason_sums reasons; /* exits and preemptors, arm by arm */
};

/* baseline: an arm's name, or NULL: what the lines name, else the first arm.  -ENOENT: no such arm, said with those
 * there are; -ENODATA: no trial at all.  Texts are borrowed from results. */
int compare_make(const struct results *results, const char *baseline, struct comparisons *ret,
                 struct err *err) MUST_CHECK;
void comparisons_done(struct comparisons *comparisons);

#endif
