/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - the evidence for a difference of one arm from its baseline in one figure: ratio, interval, tests, effect
 * and what could have been found.  Gives no verdict: that needs the other arms too.
 */
#ifndef REPORT_JUDGE_H
#define REPORT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#define JUDGE_UNITS_MIN 6 /* below, no test can tell anything at the usual level */

struct cell;

struct evidence {
	bool by_boot, paired;
	size_t pairs, units; /* units: pairs, or those of the smaller side */
	double ratio,
	        ci[2]; /* ci NaN below six units: the extremes of five hold a median less often */
	double p_signed, p_sum;         /* NaN where that test does not apply */
	double least_signed, least_sum; /* the smallest that they can give with so many units */
	double effect;                  /* Cliff's delta of the units */
	double mde;                     /* minimum detectable effect, as a share: 0.02 is 2 % */
	bool too_few;                   /* units: that is why */
	const char *why;                /* why these are no ground for a verdict, or NULL */
};

/* ratio_of_medians: used where nothing pairs.  -ENOMEM. */
int judge(const struct cell *cell, const struct cell *base, double ratio_of_medians, int draws,
          struct evidence *ret);

#endif
