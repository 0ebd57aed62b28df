/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge.c - statistics of pairs.  Effects are ratios, so tests and spreads look at their logarithms. */
#include "judge.h"

#include <errno.h>
#include <math.h>

#include "cleanup.h"
#include "pairs.h"
#include "rank.h"
#include "signed_rank.h"
#include "stats.h"
#include "student.h"

#define UNITS_MAX 100000

static double mde_of(double error, size_t freedom)
{
	double mde = expm1(stats_detectable(error, freedom));

	return isfinite(mde) ? mde : NAN; /* a 0 has no logarithm */
}

static void exp_both(double both[2])
{
	both[0] = exp(both[0]);
	both[1] = exp(both[1]);
}

/* Effects of boots vary by the rounds' noise alone, too: what is left beyond it, where that is at least half. */
static double boot_sd(const struct pairs *pairs)
{
	double noise = 0, all = stats_deviation(pairs->u, pairs->nr);

	if (!pairs->by_boot || pairs->nr < 3)
		return NAN;
	for (size_t i = 0; i < pairs->nr; i++)
		noise += pairs->u_spread[i] / (double)pairs->u_rounds[i] / (double)pairs->nr;
	return all * all > 2 * noise ? expm1(sqrt(all * all - noise)) : NAN; /* false for NaN */
}

static void judge_pairs(const struct pairs *pairs, double alpha, struct evidence *ret)
{
	size_t nr = pairs->nr;

	ret->test = "Wilcoxon signed-rank";
	ret->least = signed_rank_least(nr);
	ret->mde = mde_of(stats_deviation(pairs->u, nr) / sqrt((double)nr), nr - 1);
	ret->boot_sd = boot_sd(pairs);
	if (nr < judge_units_needed(1))
		return;
	ret->ratio = exp(signed_rank_estimate(pairs->u, nr));
	ret->p = signed_rank_p(pairs->u, nr);
	if (signed_rank_interval(pairs->u, nr, alpha, ret->ci))
		exp_both(ret->ci);
}

static void judge_sides(const struct pairs *pairs, double alpha, struct evidence *ret)
{
	struct welch means;
	double p, ignored, half;

	if (!welch(pairs->a, pairs->nr_a, pairs->b, pairs->nr_b, &means))
		return;
	ret->mde = mde_of(means.error, (size_t)means.freedom);
	if (ret->units < JUDGE_SIDE_MIN)
		return;
	rank_sum(pairs->a, pairs->nr_a, pairs->b, pairs->nr_b, &p, &ignored);
	half = student_t(alpha, means.freedom) * means.error;
	ret->test = "Welch and Mann-Whitney";
	ret->p = fmax(p, means.p);
	ret->least = rank_sum_least(pairs->nr_a, pairs->nr_b);
	ret->ratio = exp(means.difference);
	ret->ci[0] = means.difference - half;
	ret->ci[1] = means.difference + half;
	exp_both(ret->ci);
}

int judge(const struct cell *cell, const struct cell *base, double ratio_of_medians, double alpha,
          struct evidence *ret)
{
	CLEANUP(pairs_done) struct pairs pairs = { 0 };
	double ignored;
	int rc = pairs_make(cell, base, &pairs);

	*ret = (struct evidence){ .ratio = ratio_of_medians,
		                  .ci = { NAN, NAN },
		                  .level = 1 - alpha,
		                  .p = NAN,
		                  .least = NAN,
		                  .mde = NAN,
		                  .boot_sd = NAN,
		                  .lag1 = pairs.lag1,
		                  .effect = NAN };
	if (rc)
		return rc;
	ret->by_boot = pairs.by_boot;
	ret->paired = pairs.paired;
	ret->pairs = pairs.nr;
	ret->units = pairs.paired ? pairs.nr : pairs.nr_a < pairs.nr_b ? pairs.nr_a : pairs.nr_b;
	if (pairs.negative) {
		ret->why = "a value is below 0, so there is no ratio to judge";
		return 0;
	}
	rank_sum(pairs.a, pairs.nr_a, pairs.b, pairs.nr_b, &ignored, &ret->effect);
	if (pairs.unlike)
		ret->why = "the two were measured on unlike hosts";
	if (pairs.paired)
		judge_pairs(&pairs, alpha, ret);
	else
		judge_sides(&pairs, alpha, ret);
	return 0;
}

size_t judge_units_needed(size_t arms)
{
	size_t nr = 1;

	while (signed_rank_least(nr) * (double)(arms ? arms : 1) > JUDGE_ALPHA)
		nr++;
	return nr;
}

size_t judge_units_to_find(double share, double mde, size_t units)
{
	double unit_error = log1p(mde) / stats_detectable(1, units - 1) * sqrt((double)units);
	size_t nr = judge_units_needed(1);

	if (units < 2 || !isfinite(unit_error))
		return 0;
	while (nr < UNITS_MAX &&
	       stats_detectable(unit_error / sqrt((double)nr), nr - 1) > log1p(share))
		nr += 1 + nr / 64;
	return nr < UNITS_MAX ? nr : 0;
}
