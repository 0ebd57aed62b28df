/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.h - one word for each comparison: better, worse, inconclusive, or n/a with the reason.
 *
 * A difference is resolved where the exact test, corrected by Holm for the arms that stand beside it in the same
 * workload and figure, is at most 5 %, and the 95 % interval of the ratio leaves out 1.
 *
 * The A/A control is the baseline under a second name.  It is judged by one rule, which the row, the head of a report,
 * JSON, the page and --fail-if all ask: at the level .01 divided by the number of primary figures.  Where it differs,
 * another difference of its workload stays resolved only if its whole interval lies beyond the A/A difference.
 * Where its interval reaches 50 % or more without a difference it is too noisy to judge: verdicts stand by their own
 * tests, unchecked for order and drift, and that is said.
 */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "compare.h"

enum control_state {
	CONTROL_NONE,      /* the row is no control of a primary figure, or has no interval */
	CONTROL_TOO_FEW,   /* so few units cannot reach the level */
	CONTROL_NOISY,     /* not significant, but its interval is so wide that it shows nothing */
	CONTROL_SAME,      /* not significant: within the ends of its interval */
	CONTROL_DIFFERENT, /* order, drift or noise makes a difference by itself */
};

/* The level of a control, of so many primary figures. */
double verdict_control_alpha(size_t nr_primary);
/* The list is in its order.  -ENOMEM. */
int verdicts_give(const struct results *results, struct comparisons *comparisons);
const char *verdict_name(enum verdict verdict);
/* "boots", "pairs" or "trials": what the comparison counts. */
const char *verdict_unit(const struct comparison *comparison, size_t nr);
/* "better", "better, beyond the A/A difference of 0.4 %", "inconclusive: 2 boots; 8 are needed for 5 arms", "n/a: ...". */
void verdict_words(const struct comparison *comparison, char *buf, size_t size);
/* What stands behind the word, or "". */
void verdict_reason(const struct comparison *comparison, char *buf, size_t size);
#define VERDICT_REMARKS_MAX 320

/* What limits the interval: a spread that was given, rounds that resemble each other, boots that differ; or "". */
void verdict_remarks(const struct comparison *comparison, bool by_looks, char *buf, size_t size);
enum control_state verdict_control_state(const struct comparison *row);
/* The farthest end of its interval from 1, as a ratio of at least 1. */
double verdict_control_reach(const struct comparison *row);
/* "A/A within 0.4 %", "A/A differs by up to 1.2 %", "A/A too noisy to judge (up to x8.4)", "A/A cannot be judged (6 pairs; 8 are needed)". */
void verdict_control_words(const struct comparison *row, char *buf, size_t size);
/* The workload's control that differs the most, or NULL. */
const struct comparison *verdict_control(const struct comparisons *comparisons, int workload);
/* Is the row's interval one of 95 %? */
bool verdict_is_95(const struct comparison *comparison);
/* Why the interval has no upper end, or NULL. */
const char *verdict_unbounded(const struct comparison *comparison);
/* Does the interval leave out 1? */
bool verdict_excludes_one(const struct comparison *comparison);

#endif
