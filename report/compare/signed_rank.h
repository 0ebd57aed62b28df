/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signed_rank.h - Wilcoxon's signed-rank test of values against 0, with the Hodges-Lehmann estimate of their centre and
 * the interval that inverts the test.
 *
 * All three come from the Walsh averages (u_i + u_j) / 2, i <= j, so they cannot contradict each other: p is at most
 * alpha exactly where the interval at 1 - alpha leaves 0 out.  An average of 0 counts against a difference in both
 * directions, which makes the test conservative where values are 0 or cancel.
 * Source: Hollander and Wolfe, Nonparametric Statistical Methods, 3.1 to 3.3.
 */
#ifndef REPORT_SIGNED_RANK_H
#define REPORT_SIGNED_RANK_H

#include <stdbool.h>
#include <stddef.h>

#define SIGNED_RANK_EXACT                                                                          \
	40 /* values; above, an approximation whose p is within 0.2 % of the exact one */

/* Values are sorted and no NaN.  nr 0: NaN. */
double signed_rank_estimate(const double *sorted, size_t nr);
/* Two-sided. */
double signed_rank_p(const double *sorted, size_t nr);
/* false: so few values enclose nothing at that level. */
bool signed_rank_interval(const double *sorted, size_t nr, double alpha, double ret[2]);
/* The smallest p that so many values can give. */
double signed_rank_least(size_t nr);

#endif
