/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pairs.h - two cells as the units that their difference is judged by.
 *
 * Where a VM stands behind a value of either side the unit is the boot, because whatever one VM start was given (memory
 * layout, timing of its threads) is in all its rounds: u is the median over the boot's rounds of log(arm / baseline).
 * Natively the unit is a round, and u its own log ratio.
 */
#ifndef REPORT_PAIRS_H
#define REPORT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

struct cell;

struct pairs {
	bool by_boot;  /* the unit is a boot, else a round */
	bool paired;   /* most units of both sides go together; else each side stands alone */
	bool unlike;   /* no pairs, and values of different machines */
	bool negative; /* a value is below 0: there are no ratios */
	size_t nr;     /* units of u */
	double lag1;   /* correlation of neighbouring rounds natively, before sorting; NaN */
	double *u;     /* log ratios, sorted; without a side's value 0 they are finite */
	double *u_spread; /* variance of the rounds' log ratios inside each boot; NaN below two rounds */
	size_t *u_rounds;
	size_t nr_a, nr_b; /* units of each side: those that pair, or all where not paired */
	double *a, *b;     /* log of the median of each, in the order of boots or rounds */
};

/* The cells have values.  -ENOMEM. */
int pairs_make(const struct cell *cell, const struct cell *base, struct pairs *ret);
/* Is the unit of this side a boot? */
bool pairs_by_boot(const struct cell *cell);
/* One side alone: the logs of its values, or of each boot's median, in their order.  scratch and ret have room for all
 * samples.  Returns how many. */
size_t pairs_side(const struct cell *cell, bool by_boot, double *scratch, double *ret);
void pairs_done(struct pairs *pairs);

#endif
