/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pairs.c - rounds that go together, joined by boot. */
#include "pairs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "cleanup.h"
#include "stats.h"

/* The log of 0 and of a ratio to 0: beyond every other value, and still a number whose averages are numbers. */
#define LOG_NOTHING 1e300
#define LOG_STEP    0x1p-40 /* a change of 1e-12 */

static void doubles_free(double **list)
{
	free(*list);
	*list = NULL;
}

static double log_of(double value)
{
	double ret = log(value);

	return isfinite(ret) ? ret : copysign(LOG_NOTHING, ret);
}

/* Of two sides that both have nothing the ratio is 1.  Log ratios are whole multiples of a step that no clock or counter
 * resolves, so that opposite changes of the same size cancel to 0 exactly, as their ranks do. */
static double log_ratio(double a, double b)
{
	if (a == b)
		return 0;
	if (a == 0 || b == 0)
		return a == 0 ? -LOG_NOTHING : LOG_NOTHING;
	return round((log(a) - log(b)) / LOG_STEP) * LOG_STEP;
}

/* A block that lost its node ends on another one: that is another boot, and another machine's. */
static bool same_boot(const struct cell_sample *a, const struct cell_sample *b)
{
	return a->trial->seed == b->trial->seed && a->trial->block == b->trial->block &&
	       a->trial->file == b->trial->file && a->trial->machine == b->trial->machine;
}

/* Two files of one seed are two experiments, or parts of one: neither has a trial beside one of the other's.  Nor has
 * one machine a trial beside one of another's: a machine is a block. */
static bool are_beside(const struct cell_sample *a, const struct cell_sample *b)
{
	return a->trial->file == b->trial->file && a->trial->machine == b->trial->machine;
}

static bool is_known(const struct cell_sample *sample)
{
	return sample->value && !isnan(sample->value->value);
}

/* Room for one unit's rounds, before they are joined. */
struct unit {
	size_t nr;
	double *ratio, *a, *b;
};

static void unit_done(struct unit *unit)
{
	free(unit->ratio);
	free(unit->a);
	free(unit->b);
}

static int unit_init(struct unit *unit, size_t room)
{
	*unit = (struct unit){ .ratio = calloc(room + 1, sizeof(double)),
		               .a = calloc(room + 1, sizeof(double)),
		               .b = calloc(room + 1, sizeof(double)) };
	return unit->ratio && unit->a && unit->b ? 0 : -ENOMEM;
}

static double median_of(double *values, size_t nr)
{
	stats_sort(values, nr);
	return stats_median(values, nr);
}

static void end_unit(struct pairs *to, struct unit *unit)
{
	double deviation;

	if (!unit->nr)
		return;
	deviation = stats_deviation(unit->ratio, unit->nr);
	to->u_spread[to->nr] = deviation * deviation;
	to->u_rounds[to->nr] = unit->nr;
	to->a[to->nr] = log_of(median_of(unit->a, unit->nr));
	to->b[to->nr] = log_of(median_of(unit->b, unit->nr));
	to->u[to->nr++] = median_of(unit->ratio, unit->nr);
	unit->nr = 0;
}

static int pairs_room(struct pairs *to, size_t room)
{
	to->u = calloc(room + 1, sizeof(double));
	to->u_spread = calloc(room + 1, sizeof(double));
	to->u_rounds = calloc(room + 1, sizeof(size_t));
	to->a = calloc(room + 1, sizeof(double));
	to->b = calloc(room + 1, sizeof(double));
	return to->u && to->u_spread && to->u_rounds && to->a && to->b ? 0 : -ENOMEM;
}

/* Both cells are in the order of seed, block and repeat. */
static int pair_up(const struct cell *a, const struct cell *b, struct pairs *to)
{
	CLEANUP(unit_done) struct unit unit = { 0 };
	const struct cell_sample *last = NULL;

	if (unit_init(&unit, a->nr) || pairs_room(to, a->nr > b->nr ? a->nr : b->nr))
		return -ENOMEM;
	for (size_t i = 0, j = 0; i < a->nr && j < b->nr;) {
		const struct cell_sample *x = &a->sample[i], *y = &b->sample[j];
		int order = cell_sample_order(x, y);

		if (!order && is_known(x) && is_known(y) && are_beside(x, y)) {
			if (last && (!to->by_boot || !same_boot(last, x)))
				end_unit(to, &unit);
			unit.a[unit.nr] = x->value->value;
			unit.b[unit.nr] = y->value->value;
			unit.ratio[unit.nr++] = log_ratio(x->value->value, y->value->value);
			last = x;
		}
		i += order <= 0;
		j += order >= 0;
	}
	end_unit(to, &unit);
	to->nr_a = to->nr_b = to->nr;
	return 0;
}

size_t pairs_side(const struct cell *cell, bool by_boot, double *scratch, double *ret)
{
	size_t nr = 0;

	for (size_t i = 0, next; i < cell->nr; i = next) {
		size_t rounds = 0;

		for (next = i;
		     next < cell->nr &&
		     (next == i || (by_boot && same_boot(&cell->sample[i], &cell->sample[next])));
		     next++) {
			if (is_known(&cell->sample[next]))
				scratch[rounds++] = cell->sample[next].value->value;
		}
		if (rounds)
			ret[nr++] = log_of(median_of(scratch, rounds));
	}
	return nr;
}

/* Without pairs every trial of one side meets every one of the other. */
static bool machines_differ(const struct cell *cell, const struct cell *base)
{
	int one = base->sample[0].trial->machine;

	for (size_t i = 0; i < cell->nr; i++) {
		if (cell->sample[i].trial->machine != one)
			return true;
	}
	for (size_t i = 0; i < base->nr; i++) {
		if (base->sample[i].trial->machine != one)
			return true;
	}
	return false;
}

static bool has_negative(const struct cell *cell)
{
	for (size_t i = 0; i < cell->nr; i++) {
		if (is_known(&cell->sample[i]) && cell->sample[i].value->value < 0)
			return true;
	}
	return false;
}

/* Lines that do not say are taken for those of a VM: that asks for more, never for less. */
bool pairs_by_boot(const struct cell *cell)
{
	return cell->sample[0].trial->boot_group != RESULT_NATIVE;
}

static double correlation_of_neighbours(const double *u, size_t nr)
{
	double mean = 0, products = 0, squares = 0;

	for (size_t i = 0; i < nr; i++)
		mean += u[i] / (double)nr;
	for (size_t i = 0; i < nr; i++) {
		squares += (u[i] - mean) * (u[i] - mean);
		products += i ? (u[i] - mean) * (u[i - 1] - mean) : 0;
	}
	return nr > 2 && squares > 0 ? products / squares : NAN;
}

int pairs_make(const struct cell *cell, const struct cell *base, struct pairs *ret)
{
	size_t longest = cell->nr > base->nr ? cell->nr : base->nr, nr_a, nr_b, fewer;
	CLEANUP(doubles_free) double *scratch = calloc(longest + 1, sizeof(*scratch));
	CLEANUP(doubles_free) double *a = calloc(longest + 1, sizeof(*a));
	CLEANUP(doubles_free) double *b = calloc(longest + 1, sizeof(*b));

	*ret = (struct pairs){ .by_boot = pairs_by_boot(cell) || pairs_by_boot(base),
		               .negative = has_negative(cell) || has_negative(base) };
	if (!scratch || !a || !b || pair_up(cell, base, ret))
		return -ENOMEM;
	nr_a = pairs_side(cell, ret->by_boot, scratch, a);
	nr_b = pairs_side(base, ret->by_boot, scratch, b);
	/* a few pairs out of many would throw most of the trials away */
	fewer = nr_a < nr_b ? nr_a : nr_b;
	ret->paired = ret->nr && ret->nr * 2 >= fewer;
	ret->lag1 = ret->by_boot ? NAN : correlation_of_neighbours(ret->u, ret->nr);
	stats_sort(ret->u, ret->nr);
	if (ret->paired)
		return 0;
	ret->unlike = machines_differ(cell, base);
	memcpy(ret->a, a, nr_a * sizeof(*a));
	memcpy(ret->b, b, nr_b * sizeof(*b));
	ret->nr_a = nr_a;
	ret->nr_b = nr_b;
	return 0;
}

void pairs_done(struct pairs *pairs)
{
	free(pairs->u);
	free(pairs->u_spread);
	free(pairs->u_rounds);
	free(pairs->a);
	free(pairs->b);
	*pairs = (struct pairs){ 0 };
}
