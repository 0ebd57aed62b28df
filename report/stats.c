/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.c - order statistics. */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void stats_sort(double *values, size_t nr)
{
	if (nr)
		qsort(values, nr, sizeof(*values), by_value);
}

double stats_quantile(const double *sorted, size_t nr, double q)
{
	double place = nr ? (double)(nr - 1) * q : 0;
	size_t below = (size_t)place;
	double part = place - (double)below;

	if (!nr)
		return NAN;
	if (part == 0 || below + 1 >= nr)
		return sorted[below];
	/* two products: the difference of two huge values of unlike sign would overflow */
	return sorted[below] * (1 - part) + sorted[below + 1] * part;
}

double stats_median(const double *sorted, size_t nr)
{
	return stats_quantile(sorted, nr, 0.5);
}

double stats_spread(const double *sorted, size_t nr)
{
	double median = stats_median(sorted, nr);
	double range = stats_quantile(sorted, nr, 0.75) - stats_quantile(sorted, nr, 0.25);

	if (nr < 2)
		return NAN;
	if (range == 0)
		return 0;
	return median == 0 ? NAN : range / fabs(median);
}
