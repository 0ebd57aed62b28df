/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge.c - statistics of pairs.  Effects are ratios, so tests and spreads look at their logarithms. */
#include "judge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap.h"
#include "cleanup.h"
#include "pairs.h"
#include "rank.h"
#include "stats.h"

static void doubles_free(double **list)
{
	free(*list);
	*list = NULL;
}

static double *logarithms(const double *values, size_t nr)
{
	double *ret = calloc(nr + 1, sizeof(*ret));

	for (size_t i = 0; ret && i < nr; i++)
		ret[i] = log(values[i]);
	return ret;
}

static double mde_of(double error, size_t freedom)
{
	double mde = expm1(stats_detectable(error, freedom));

	return isfinite(mde) ? mde : NAN; /* a 0 has no logarithm */
}

static int judge_pairs(const struct pairs *pairs, int draws, struct evidence *ret)
{
	const struct bootstrap_sample sample = { pairs->ratio, pairs->a.group, pairs->nr_pairs };
	CLEANUP(doubles_free) double *logs = logarithms(pairs->ratio, pairs->nr_pairs);
	CLEANUP(doubles_free) double *sorted = calloc(pairs->nr_pairs + 1, sizeof(*sorted));
	size_t nr = pairs->nr_pairs;

	if (!logs || !sorted)
		return -ENOMEM;
	memcpy(sorted, pairs->ratio, nr * sizeof(*sorted));
	stats_sort(sorted, nr);
	ret->ratio = stats_median(sorted, nr);
	ret->mde = mde_of(stats_deviation(logs, nr) / sqrt((double)nr), nr - 1);
	if (sorted[0] >= 0) {
		ret->p_signed = rank_signed_p(logs, nr);
		ret->least_signed = rank_signed_least(nr);
	}
	return ret->units < JUDGE_UNITS_MIN ? 0 : bootstrap_median(&sample, draws, ret->ci);
}

static int judge_sides(const struct pairs *pairs, int draws, struct evidence *ret)
{
	const struct bootstrap_sample a = { pairs->a.value, pairs->a.group, pairs->a.nr };
	const struct bootstrap_sample b = { pairs->b.value, pairs->b.group, pairs->b.nr };
	CLEANUP(doubles_free) double *log_a = logarithms(a.value, a.nr);
	CLEANUP(doubles_free) double *log_b = logarithms(b.value, b.nr);
	double error;
	int rc;

	if (!log_a || !log_b)
		return -ENOMEM;
	if (a.nr < 2 || b.nr < 2)
		return 0;
	error = hypot(stats_deviation(log_a, a.nr) / sqrt((double)a.nr),
	              stats_deviation(log_b, b.nr) / sqrt((double)b.nr));
	ret->mde = mde_of(error, a.nr + b.nr - 2);
	rc = ret->units < JUDGE_UNITS_MIN ? 0 : bootstrap_ratio(&a, &b, draws, ret->ci);
	return rc == -EDOM ? 0 : rc;
}

/* Why so few, or such, units are no ground for a verdict. */
static const char *no_ground(const struct pairs *pairs, const struct evidence *evidence)
{
	if (pairs->unlike)
		return "the two were measured on unlike hosts";
	if (evidence->too_few && evidence->by_boot)
		return "the arms differ in what needs a boot, and there are fewer than six boots";
	if (evidence->too_few)
		return evidence->paired ? "fewer than six pairs" : "fewer than six trials";
	return NULL;
}

int judge(const struct cell *cell, const struct cell *base, double ratio_of_medians, int draws,
          struct evidence *ret)
{
	CLEANUP(pairs_done) struct pairs pairs = { 0 };
	int rc = pairs_make(cell, base, &pairs);

	*ret = (struct evidence){ .ratio = ratio_of_medians,
		                  .ci = { NAN, NAN },
		                  .p_signed = NAN,
		                  .p_sum = NAN,
		                  .least_signed = 1,
		                  .mde = NAN,
		                  .effect = NAN };
	if (rc)
		return rc;
	ret->by_boot = pairs.by_boot;
	ret->paired = pairs.paired;
	ret->pairs = pairs.nr_pairs;
	ret->units = pairs.a.nr < pairs.b.nr ? pairs.a.nr : pairs.b.nr;
	rank_sum(pairs.a.value, pairs.a.nr, pairs.b.value, pairs.b.nr, &ret->p_sum, &ret->effect);
	ret->least_sum = rank_sum_least(pairs.a.nr, pairs.b.nr);
	ret->too_few = ret->units < JUDGE_UNITS_MIN && !pairs.unlike;
	ret->why = no_ground(&pairs, ret);
	return pairs.paired ? judge_pairs(&pairs, draws, ret) : judge_sides(&pairs, draws, ret);
}
