/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rank.c - mid-ranks, their exact distributions, and the normal approximation to them. */
#include "rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

/* A value and which sample (or sign) it is of; `rank` is twice the mid-rank, and so whole. */
struct ranked {
	double value;
	size_t rank;
	int first; /* of sample a; or above 0 */
};

static void ranked_free(struct ranked **list)
{
	free(*list);
	*list = NULL;
}

static void doubles_free(double **list)
{
	free(*list);
	*list = NULL;
}

static int by_value(const void *left, const void *right)
{
	double a = ((const struct ranked *)left)->value, b = ((const struct ranked *)right)->value;

	return (a > b) - (a < b);
}

/* Sorts and ranks; equal values share the middle of their places.  Returns the sum of t^3 - t over the ties. */
static double set_ranks(struct ranked *list, size_t nr)
{
	double ties = 0;

	qsort(list, nr, sizeof(*list), by_value);
	for (size_t i = 0, next; i < nr; i = next) {
		double t;

		for (next = i + 1; next < nr && list[next].value == list[i].value;)
			next++;
		for (size_t j = i; j < next; j++)
			list[j].rank = i + next + 1;
		t = (double)(next - i);
		ties += t * t * t - t;
	}
	return ties;
}

static double sum_of_first(const struct ranked *list, size_t nr)
{
	size_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += list[i].first ? list[i].rank : 0;
	return (double)sum / 2;
}

/* ways[s] of reaching the doubled rank sum s: twice the smaller tail at `seen`. */
static double two_tails(const double *ways, size_t top, size_t seen)
{
	double below = 0, above = 0, all = 0;

	for (size_t s = 0; s <= top; s++) {
		all += ways[s];
		below += s <= seen ? ways[s] : 0;
		above += s >= seen ? ways[s] : 0;
	}
	return fmin(1, 2 * fmin(below, above) / all);
}

static double normal_p(double distance, double variance)
{
	/* half a step towards the middle: the sums are whole, the normal distribution is not */
	double z = (distance - (distance > 0 ? 0.5 : distance < 0 ? -0.5 : 0)) / sqrt(variance);

	return variance > 0 ? fmin(1, erfc(fabs(z) / sqrt(2))) : 1;
}

/* Every choice of nr_a among the ranks is as likely as the other. */
static double sum_exact(const struct ranked *list, size_t nr, size_t nr_a, double seen)
{
	size_t top = nr * (nr + 1), row = top + 1;
	CLEANUP(doubles_free) double *ways = calloc((nr_a + 1) * row, sizeof(*ways));

	if (!ways)
		return NAN;
	ways[0] = 1;
	for (size_t i = 0; i < nr; i++) {
		for (size_t taken = i < nr_a ? i + 1 : nr_a; taken > 0; taken--) {
			double *to = ways + taken * row, *from = to - row;

			for (size_t s = list[i].rank; s <= top; s++)
				to[s] += from[s - list[i].rank];
		}
	}
	return two_tails(ways + nr_a * row, top, (size_t)(seen * 2 + 0.5));
}

void rank_sum(const double *a, size_t nr_a, const double *b, size_t nr_b, double *ret_p,
              double *ret_delta)
{
	size_t nr = nr_a + nr_b;
	CLEANUP(ranked_free) struct ranked *list = calloc(nr + 1, sizeof(*list));
	double ties, seen, above, n = (double)nr, na = (double)nr_a, both = na * (double)nr_b;

	*ret_p = *ret_delta = NAN;
	if (!list || !nr_a || !nr_b)
		return;
	for (size_t i = 0; i < nr; i++)
		list[i] = (struct ranked){ .value = i < nr_a ? a[i] : b[i - nr_a],
			                   .first = i < nr_a };
	ties = set_ranks(list, nr);
	seen = sum_of_first(list, nr);
	above = seen - na * (na + 1) / 2;
	*ret_delta = 2 * above / (na * (double)nr_b) - 1;
	*ret_p = nr <= RANK_SUM_EXACT ? sum_exact(list, nr, nr_a, seen)
	                              : normal_p(seen - na * (n + 1) / 2,
	                                         both / 12 * (n + 1 - ties / (n * (n - 1))));
}

double rank_sum_least(size_t nr_a, size_t nr_b)
{
	double n = (double)(nr_a + nr_b);

	return nr_a && nr_b ? fmin(1, 2 * exp(lgamma((double)nr_a + 1) + lgamma((double)nr_b + 1) -
	                                      lgamma(n + 1)))
	                    : 1;
}
