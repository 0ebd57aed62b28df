/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pairs.h - two cells as what their difference is judged by.  The unit is the highest level that varies between the
 * arms: rounds where both arms ran in the same VM (or natively), whole boots where each arm had its own.
 */
#ifndef REPORT_PAIRS_H
#define REPORT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

struct cell;

/* One side: its units in order, with the boot that each is of. */
struct pairs_side {
	size_t nr;
	double *value;
	int *group;
};

struct pairs {
	bool by_boot; /* a unit is a boot: the median of its rounds */
	bool paired;  /* the sides are of the same length and go together one by one */
	bool unlike;  /* they have no pairs, and are of different machines */
	size_t nr_pairs;
	struct pairs_side a, b; /* the arm and its baseline */
	double *ratio;          /* of each pair; NULL where not paired */
};

/* -ENOMEM. */
int pairs_make(const struct cell *cell, const struct cell *base, struct pairs *ret);
void pairs_done(struct pairs *pairs);

#endif
