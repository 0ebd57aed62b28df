/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.h - order statistics of a few numbers.  Knows no unit and no trial.
 *
 * Quantiles are Hyndman and Fan's type 7 (R's and NumPy's default): of n sorted values, the one at (n - 1) * q, and
 * between two of them in proportion.  The median of an even count is therefore the middle of the two middle ones.
 */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include <stddef.h>

/* Ascending; the values must be numbers, not NaN. */
void stats_sort(double *values, size_t nr);
/* Of sorted values, q in 0..1; NaN where there are none. */
double stats_quantile(const double *sorted, size_t nr, double q);
double stats_median(const double *sorted, size_t nr);
/* (third quartile - first quartile) / |median|; 0 where the quartiles are equal; NaN below two values, or of a median
 * of 0. */
double stats_spread(const double *sorted, size_t nr);
/* Iglewicz and Hoaglin's modified z: the distance from the median in units of the median absolute deviation, or of
 * the mean one where that is 0.  Into ret, in the order of values, which may be `sorted`; 0 where all are equal. */
void stats_modified_z(const double *values, const double *sorted, size_t nr, double *ret);
/* Sample standard deviation; NaN below two. */
double stats_deviation(const double *values, size_t nr);
/* The two-sided difference that a test at level .05 finds with power .8, where the estimate of it has this standard
 * error and so many degrees of freedom: (t(.975) + t(.8)) times the error. */
double stats_detectable(double error, size_t freedom);

#endif
