/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signed_rank.c - counts Walsh averages instead of listing them: time is linear in the values. */
#include "signed_rank.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define SUMS_MAX (SIGNED_RANK_EXACT * (SIGNED_RANK_EXACT + 1) / 2)

static double average(double a, double b)
{
	return a / 2 + b / 2;
}

static size_t nr_averages(size_t nr)
{
	return nr * (nr + 1) / 2;
}

/* Walsh averages at or below t.  With growing i the last j that qualifies only falls. */
static size_t count_at_most(const double *sorted, size_t nr, double t)
{
	size_t count = 0;

	for (size_t i = 0, end = nr; i < end; i++) {
		while (end > i && average(sorted[i], sorted[end - 1]) > t)
			end--;
		count += end - i;
	}
	return count;
}

/* Doubles in the order of integers, and back: its own inverse. */
static int64_t flip(int64_t bits)
{
	return bits < 0 ? bits ^ INT64_MAX : bits;
}

static double double_at(int64_t place)
{
	int64_t bits = flip(place);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static int64_t place_of(double value)
{
	int64_t bits;

	value += 0.0; /* no negative zero */
	memcpy(&bits, &value, sizeof(bits));
	return flip(bits);
}

/* The k-th smallest Walsh average, k from 1: the least number that so many averages do not exceed. */
static double average_at(const double *sorted, size_t nr, size_t k)
{
	int64_t low = place_of(sorted[0]), high = place_of(sorted[nr - 1]);

	while (low < high) {
		int64_t middle = (low & high) + ((low ^ high) >> 1);

		if (count_at_most(sorted, nr, double_at(middle)) >= k)
			high = middle;
		else
			low = middle + 1;
	}
	return double_at(low);
}

double signed_rank_estimate(const double *sorted, size_t nr)
{
	size_t all = nr_averages(nr);

	if (!nr)
		return NAN;
	return average(average_at(sorted, nr, (all + 1) / 2), average_at(sorted, nr, all / 2 + 1));
}

/* ret[s]: in how many of the 2^nr choices of signs the ranks of one sign sum up to s. */
static void count_signs(size_t nr, double ret[SUMS_MAX + 1])
{
	memset(ret, 0, (SUMS_MAX + 1) * sizeof(*ret));
	ret[0] = 1;
	for (size_t rank = 1, top = 0; rank <= nr; rank++) {
		top += rank;
		for (size_t sum = top; sum >= rank; sum--)
			ret[sum] += ret[sum - rank];
	}
}

/* P(W <= sum) without a difference: normal, with the Edgeworth term of the fourth cumulant (Fellingham and Stoker). */
static double tail_normal(size_t nr, size_t sum)
{
	double n = (double)nr, mean = n * (n + 1) / 4, variance = mean * (2 * n + 1) / 6;
	double z = ((double)sum + 0.5 - mean) / sqrt(variance);
	double flat = (3 * n * n + 3 * n - 1) / (10 * n * (n + 1) * (2 * n + 1));

	return erfc(-z / M_SQRT2) / 2 +
	       flat * (z * z * z - 3 * z) * exp(-z * z / 2) / sqrt(2 * M_PI);
}

static double tail(size_t nr, size_t sum)
{
	double ways[SUMS_MAX + 1], below = 0;

	if (nr > SIGNED_RANK_EXACT)
		return tail_normal(nr, sum);
	count_signs(nr, ways);
	for (size_t s = 0; s <= sum && s <= SUMS_MAX; s++)
		below += ways[s];
	return ldexp(below, -(int)nr);
}

double signed_rank_p(const double *sorted, size_t nr)
{
	size_t all = nr_averages(nr);
	size_t not_above = count_at_most(sorted, nr, 0);
	size_t not_below = all - count_at_most(sorted, nr, -DBL_TRUE_MIN);
	size_t fewer = not_above < not_below ? not_above : not_below;

	return nr ? fmin(1, 2 * tail(nr, fewer)) : NAN;
}

/* How many averages at each end the interval leaves out, plus 1; 0: not even none may be left out. */
static size_t rank_of(size_t nr, double alpha)
{
	size_t low = 0, high = nr_averages(nr) / 2 + 1; /* 2 P(W <= low - 1) is within alpha */

	while (low + 1 < high) {
		size_t middle = (low + high) / 2;

		if (2 * tail(nr, middle - 1) <= alpha * (1 + 1e-12))
			low = middle;
		else
			high = middle;
	}
	return low;
}

bool signed_rank_interval(const double *sorted, size_t nr, double alpha, double ret[2])
{
	size_t k = nr ? rank_of(nr, alpha) : 0;

	if (!k)
		return false;
	ret[0] = average_at(sorted, nr, k);
	ret[1] = average_at(sorted, nr, nr_averages(nr) + 1 - k);
	return true;
}

double signed_rank_least(size_t nr)
{
	return nr ? fmin(1, ldexp(1, 1 - (int)(nr < 1000 ? nr : 1000))) : 1;
}
