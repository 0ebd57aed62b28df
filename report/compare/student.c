/* SPDX-License-Identifier: GPL-2.0-or-later */
/* student.c - the t distribution by the incomplete beta function's continued fraction (Abramowitz and Stegun 26.5.8). */
#include "student.h"

#include <math.h>

#include "stats.h"

#define TERMS_MAX 20000

/* Lentz's method: each turn adds two terms. */
static double fraction(double a, double b, double x)
{
	double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), value = d;

	for (int m = 1; m < TERMS_MAX; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double before = value;

		d = 1 / (1 + even * d);
		c = 1 + even / c;
		value *= c * d;
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		value *= c * d;
		if (fabs(value - before) <= 1e-15 * fabs(value))
			break;
	}
	return value;
}

/* Regularised incomplete beta function. */
static double beta(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a
	                                 : 1 - front * fraction(b, a, 1 - x) / b;
}

double student_p(double t, double freedom)
{
	if (isinf(t))
		return 0;
	return beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

double student_t(double p, double freedom)
{
	double low = 0, high = 1;

	while (student_p(high, freedom) > p && high < 1e300)
		high *= 2;
	for (int i = 0; i < 200 && low < high; i++) {
		double middle = low + (high - low) / 2;

		if (middle <= low || middle >= high)
			break;
		if (student_p(middle, freedom) > p)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static double mean(const double *values, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += values[i] / (double)nr;
	return sum;
}

bool welch(const double *a, size_t nr_a, const double *b, size_t nr_b, struct welch *ret)
{
	double va, vb, both;

	if (nr_a < 2 || nr_b < 2)
		return false;
	va = pow(stats_deviation(a, nr_a), 2) / (double)nr_a;
	vb = pow(stats_deviation(b, nr_b), 2) / (double)nr_b;
	both = va + vb;
	if (!(both > 0) || !isfinite(both))
		return false;
	ret->difference = mean(a, nr_a) - mean(b, nr_b);
	ret->error = sqrt(both);
	ret->freedom = both * both / (va * va / (double)(nr_a - 1) + vb * vb / (double)(nr_b - 1));
	ret->p = student_p(ret->difference / ret->error, ret->freedom);
	return true;
}
