/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rank.h - the Mann-Whitney test, which looks at the order of values only: no outlier and no skewed distribution
 * misleads it.
 *
 * p values are two-sided: twice the smaller tail, at most 1.  Small samples are counted out exactly, also with ties
 * (the permutation distribution of the mid-ranks); larger ones use the normal approximation with continuity and tie
 * corrections, as R's wilcox.test() does.
 */
#ifndef REPORT_RANK_H
#define REPORT_RANK_H

#include <stddef.h>

#define RANK_SUM_EXACT 40 /* values of both sides */

/* The Mann-Whitney test of two samples, and Cliff's delta: how much more often a value of a is above one of b than
 * below it, -1 .. 1.  NaN where one is empty, or memory. */
void rank_sum(const double *a, size_t nr_a, const double *b, size_t nr_b, double *ret_p,
              double *ret_delta);
/* The smallest p that rank_sum() can give. */
double rank_sum_least(size_t nr_a, size_t nr_b);

#endif
