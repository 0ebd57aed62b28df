/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.c - order statistics. */
#include "stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void stats_sort(double *values, size_t nr)
{
	if (nr > 1)
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

static double mean_deviation(const double *values, size_t nr, double median)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += fabs(values[i] - median) / (double)nr;
	return sum;
}

/* Of the distances to the median: those below it and those above it are sorted already, so only merged. */
static double median_distance(const double *sorted, size_t nr, double median)
{
	size_t above = 0, below, low = (nr - 1) / 2;
	double middle[2] = { NAN, NAN };

	while (above < nr && sorted[above] < median)
		above++;
	below = above;
	for (size_t i = 0; i <= nr / 2; i++) {
		bool up = !below ||
		          (above < nr && sorted[above] - median <= median - sorted[below - 1]);
		double distance = up ? sorted[above++] - median : median - sorted[--below];

		if (i >= low)
			middle[i - low] = distance;
	}
	return nr % 2 ? middle[0] : stats_median(middle, 2);
}

void stats_modified_z(const double *values, const double *sorted, size_t nr, double *ret)
{
	double median = stats_median(sorted, nr), unit;

	/* both are the standard deviation of normal values */
	unit = nr ? median_distance(sorted, nr, median) / 0.6745 : 0;
	if (!(unit > 0))
		unit = 1.253314 * mean_deviation(values, nr, median);
	for (size_t i = 0; i < nr; i++)
		ret[i] = unit > 0 ? (values[i] - median) / unit : 0;
}

double stats_deviation(const double *values, size_t nr)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < nr; i++)
		mean += values[i] / (double)nr;
	for (size_t i = 0; i < nr; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return nr < 2 ? NAN : sqrt(squares / (double)(nr - 1));
}

/* Student's quantile from the normal one, by the expansion of Cornish and Fisher: within 1 % from 5 degrees on. */
static double student(double z, double freedom)
{
	double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;

	return z + (z3 + z) / (4 * freedom) +
	       (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
	       (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom);
}

double stats_detectable(double error, size_t freedom)
{
	if (!freedom)
		return NAN;
	return error * (student(1.959964, (double)freedom) + student(0.841621, (double)freedom));
}
