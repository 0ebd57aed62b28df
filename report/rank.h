/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rank.h - tests that look at the order of values only: no outlier and no skewed distribution misleads them.
 *
 * p values are two-sided: twice the smaller tail, at most 1.  Small samples are counted out exactly, also with ties
 * (the permutation distribution of the mid-ranks); larger ones use the normal approximation with continuity and tie
 * corrections, as R's wilcox.test() does.
 */
#ifndef REPORT_RANK_H
#define REPORT_RANK_H

#include <stddef.h>

#define RANK_SIGNED_EXACT 30 /* pairs */
#define RANK_SUM_EXACT    40 /* values of both sides */

/* Wilcoxon's signed-rank test of differences against 0; zeros are left out, as Wilcoxon did.  NaN where nothing is
 * left, or memory. */
double rank_signed_p(const double *differences, size_t nr);
/* The Mann-Whitney test of two samples, and Cliff's delta: how much more often a value of a is above one of b than
 * below it, -1 .. 1.  NaN where one is empty, or memory. */
void rank_sum(const double *a, size_t nr_a, const double *b, size_t nr_b, double *ret_p,
              double *ret_delta);
/* The smallest p that rank_signed_p() and rank_sum() can give. */
double rank_signed_least(size_t nr);
double rank_sum_least(size_t nr_a, size_t nr_b);

#endif
