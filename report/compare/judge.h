/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - the evidence for a difference of one arm from its baseline in one figure: ratio, interval, test, effect
 * and what could have been found.  Gives no verdict: that needs the other arms too.
 *
 * Pairs: exact Wilcoxon signed-rank test of the log ratios, Hodges-Lehmann estimate, and the interval that inverts the
 * test.  Without pairs: the larger p of Welch's t test on logs and of the exact Mann-Whitney test, because the first is
 * misled by skew and the second by unequal spreads; the interval is Welch's.
 */
#ifndef REPORT_JUDGE_H
#define REPORT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#define JUDGE_ALPHA    0.05
#define JUDGE_SIDE_MIN 8 /* units of each side where nothing pairs */

struct cell;

struct evidence {
	bool by_boot, paired, by_session;
	size_t pairs,
	        units; /* pairs: of rounds or boots; units: pairs, or those of the smaller side */
	double ratio, ci[2]; /* ci: NaN where so few units enclose nothing */
	double level;        /* of the interval: 0.95, or that of a control */
	double p, least;  /* of the test; the smallest that so many units can give; NaN: no test */
	const char *test; /* its name, or NULL */
	double effect;    /* Cliff's delta of the units */
	double mde;       /* minimum detectable effect, as a share: 0.02 is 2 % */
	double boot_sd; /* of the effect from boot to boot, as a share; NaN: not known, or not above the rounds' noise */
	double lag1;          /* correlation of each native round with the next one; NaN */
	const char *why_open; /* why there is no verdict whatever p says, or NULL */
	const char *why;      /* why these are no ground for a verdict, or NULL */
};

/* ratio_of_medians: used where too few units pair.  alpha: the interval is at 1 - alpha.  -ENOMEM. */
int judge(const struct cell *cell, const struct cell *base, double ratio_of_medians, double alpha,
          struct evidence *ret);
/* The pairs (boots where VMs stand behind the values) that a verdict on one of so many arms takes: with fewer not even
 * the smallest p passes Holm's correction. */
size_t judge_units_needed(size_t arms);
/* How many units would find a difference of `share` with power .8, where `units` of them could find `mde`.  0: more
 * than 100000. */
size_t judge_units_to_find(double share, double mde, size_t units);

#endif
