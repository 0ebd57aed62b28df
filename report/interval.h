/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interval.h - exact interval of a median from order statistics: no assumption but that the values are exchangeable.
 * Source: Conover, Practical Nonparametric Statistics, 3.2: the j-th smallest and j-th largest of n values enclose the
 * median but with probability 2 * P(Binomial(n, 1/2) < j).
 */
#ifndef REPORT_INTERVAL_H
#define REPORT_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

struct interval {
	double low, high;
};

/* Of sorted values; misses the median with probability alpha at most.  false: so few values enclose nothing. */
bool interval_median(const double *sorted, size_t nr, double alpha, struct interval *ret);

#endif
