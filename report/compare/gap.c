/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gap.c - three cells by block, and the ratio of two differences. */
#include "gap.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "cells.h"
#include "cleanup.h"
#include "compare.h"
#include "stats.h"
#include "student.h"
#include "verdict.h"

#define ALPHA     0.05
#define TOO_NOISY 1.0 /* width of the interval: all of the gap */

/* A block's median of one cell. */
struct block {
	const struct cell_sample *first;
	double value;
};

struct side {
	size_t nr;
	struct block *block;
};

static void side_done(struct side *side)
{
	free(side->block);
}

static void doubles_free(double **list)
{
	free(*list);
	*list = NULL;
}

static int order_of(const struct cell_sample *a, const struct cell_sample *b)
{
	if (a->trial->seed != b->trial->seed)
		return a->trial->seed < b->trial->seed ? -1 : 1;
	if (a->trial->file != b->trial->file)
		return a->trial->file < b->trial->file ? -1 : 1;
	return (a->trial->block > b->trial->block) - (a->trial->block < b->trial->block);
}

static int side_make(const struct cell *cell, struct side *ret)
{
	CLEANUP(doubles_free) double *scratch = calloc(cell->nr + 1, sizeof(*scratch));

	ret->block = calloc(cell->nr + 1, sizeof(*ret->block));
	if (!scratch || !ret->block)
		return -ENOMEM;
	for (size_t i = 0, next; i < cell->nr; i = next) {
		size_t nr = 0;

		for (next = i; next < cell->nr && !order_of(&cell->sample[i], &cell->sample[next]);
		     next++) {
			const struct result_value *value = cell->sample[next].value;

			if (value && !isnan(value->value))
				scratch[nr++] = value->value;
		}
		stats_sort(scratch, nr);
		if (nr)
			ret->block[ret->nr++] = (struct block){ &cell->sample[i],
				                                stats_median(scratch, nr) };
	}
	return 0;
}

static double mean_of(const double *values, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += values[i] / (double)nr;
	return sum;
}

static double product_of(const double *a, const double *b, size_t nr)
{
	double mean_a = mean_of(a, nr), mean_b = mean_of(b, nr), sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += (a[i] - mean_a) * (b[i] - mean_b) / (double)(nr - 1);
	return sum;
}

/* x and y with the variances of their means. */
struct fieller {
	double x, y, xx, xy, yy, t;
};

/* The blocks in which all three have a value; false: fewer than two. */
static bool by_block(const struct side *tuned, const struct side *vm, const struct side *native,
                     double *x, double *y, struct fieller *ret)
{
	size_t nr = 0;

	for (size_t i = 0, j = 0, k = 0; i < tuned->nr && j < vm->nr && k < native->nr;) {
		const struct cell_sample *a = tuned->block[i].first, *b = vm->block[j].first,
		                         *c = native->block[k].first;
		int ab = order_of(a, b), ac = order_of(a, c);

		if (!ab && !ac) {
			x[nr] = tuned->block[i].value - vm->block[j].value;
			y[nr++] = native->block[k].value - vm->block[j].value;
		}
		i += ab <= 0 && ac <= 0;
		j += ab >= 0;
		k += ac >= 0;
	}
	if (nr < 2 || nr * 2 < tuned->nr)
		return false;
	*ret = (struct fieller){ .x = mean_of(x, nr),
		                 .y = mean_of(y, nr),
		                 .xx = product_of(x, x, nr) / (double)nr,
		                 .xy = product_of(x, y, nr) / (double)nr,
		                 .yy = product_of(y, y, nr) / (double)nr,
		                 .t = student_t(ALPHA, (double)(nr - 1)) };
	return true;
}

static double variance_of(const struct side *side, double *scratch, double *ret_mean)
{
	for (size_t i = 0; i < side->nr; i++)
		scratch[i] = side->block[i].value;
	*ret_mean = mean_of(scratch, side->nr);
	return product_of(scratch, scratch, side->nr) / (double)side->nr;
}

/* The VM is in both differences, so they vary together. */
static bool unpaired(const struct side *tuned, const struct side *vm, const struct side *native,
                     double *scratch, struct fieller *ret)
{
	size_t least = tuned->nr < vm->nr ? tuned->nr : vm->nr;
	double t, v, n, of_t, of_v, of_n;

	least = native->nr < least ? native->nr : least;
	if (least < 2)
		return false;
	of_t = variance_of(tuned, scratch, &t);
	of_v = variance_of(vm, scratch, &v);
	of_n = variance_of(native, scratch, &n);
	*ret = (struct fieller){ .x = t - v,
		                 .y = n - v,
		                 .xx = of_t + of_v,
		                 .xy = of_v,
		                 .yy = of_n + of_v,
		                 .t = student_t(ALPHA, (double)(least - 1)) };
	return true;
}

static void solve(const struct fieller *f, bool higher_is_better, struct comparison *row)
{
	double tt = f->t * f->t, a = f->y * f->y - tt * f->yy, b = f->x * f->y - tt * f->xy,
	       c = f->x * f->x - tt * f->xx, root = sqrt(fmax(0, b * b - a * c));

	if (!(a > 0)) {
		row->gap_why = "inconclusive: the gap to native is not resolved";
		return;
	}
	if ((f->y > 0) != higher_is_better) {
		row->gap_why = "no gap to recover: the VM is not behind native";
		return;
	}
	row->gap = f->x / f->y;
	row->gap_ci[0] = (b - root) / a;
	row->gap_ci[1] = (b + root) / a;
	if (row->gap_ci[1] - row->gap_ci[0] > TOO_NOISY)
		row->gap_why = "too noisy to say how much of the gap to native is recovered";
}

/* The first arm of the plan with, or without, a VM; -1. */
static int first_arm(const struct results *results, const struct cells *cells,
                     const struct comparisons *comparisons, int workload, int figure, bool native)
{
	int found = -1;

	for (int i = 0; i < comparisons->nr_arms; i++) {
		int arm = comparisons->arms[i];
		const struct cell *cell = cells_find(cells, workload, arm, figure);

		if (!cell || results->control_of[arm] >= 0 ||
		    (cell->sample[0].trial->boot_group == RESULT_NATIVE) != native ||
		    cell->sample[0].trial->boot_group == RESULT_NO_GROUP)
			continue;
		if (found < 0 || results->arm_order[arm] < results->arm_order[found])
			found = arm;
	}
	return found;
}

static int fill_row(const struct results *results, const struct cells *cells,
                    const struct cell *native, const struct cell *vm, struct comparison *row)
{
	const struct cell *tuned = cells_find(cells, row->workload, row->arm, row->figure);
	CLEANUP(side_done) struct side t = { 0 };
	CLEANUP(side_done) struct side v = { 0 };
	CLEANUP(side_done) struct side n = { 0 };
	size_t room = native->nr + vm->nr + tuned->nr + 1;
	CLEANUP(doubles_free) double *x = calloc(room, sizeof(*x));
	CLEANUP(doubles_free) double *y = calloc(room, sizeof(*y));
	struct fieller fieller;

	if (!x || !y || side_make(tuned, &t) || side_make(vm, &v) || side_make(native, &n))
		return -ENOMEM;
	if (by_block(&t, &v, &n, x, y, &fieller) || unpaired(&t, &v, &n, x, &fieller))
		solve(&fieller, results->figure[row->figure].better == RESULT_HIGHER, row);
	else
		row->gap_why = "inconclusive: one block says nothing of the gap to native";
	return 0;
}

int gaps_fill(const struct results *results, const struct cells *cells,
              struct comparisons *comparisons)
{
	for (size_t i = 0; i < comparisons->nr; i++) {
		struct comparison *row = &comparisons->list[i];
		int native, vm;

		if (!row->primary || row->is_control || row->why)
			continue;
		native = first_arm(results, cells, comparisons, row->workload, row->figure, true);
		vm = first_arm(results, cells, comparisons, row->workload, row->figure, false);
		if (native < 0 || vm < 0 || row->arm == native || row->arm == vm ||
		    cells_find(cells, row->workload, row->arm, row->figure)
		                    ->sample[0]
		                    .trial->boot_group == RESULT_NATIVE)
			continue;
		if (verdict_control(comparisons, row->workload))
			row->gap_why = "withdrawn: the A/A control differs";
		else if (fill_row(results, cells,
		                  cells_find(cells, row->workload, native, row->figure),
		                  cells_find(cells, row->workload, vm, row->figure), row))
			return -ENOMEM;
	}
	return 0;
}

/* A number that is nothing at so many decimals has no sign. */
static double unsigned_zero(double percent, int decimals)
{
	return fabs(percent) * pow(10, decimals) < 0.5 ? 0 : percent;
}

void gap_share(const struct comparison *row, char *buf, unsigned long size)
{
	double at = row->gap * 100, low = row->gap_ci[0] * 100, high = row->gap_ci[1] * 100,
	       nearest = fmin(fabs(at), fmin(fabs(low), fabs(high)));
	/* an end near none must show on which side of it it is, and ends must not look like one */
	int decimals = nearest < 0.1 ? 2 : nearest < 1 || high - low < 10 ? 1 : 0;

	buf[0] = '\0';
	if (!row->gap_why && !isnan(row->gap))
		snprintf(buf, size, "%.*f %% [%.*f, %.*f]", decimals, unsigned_zero(at, decimals),
		         decimals, unsigned_zero(low, decimals), decimals,
		         unsigned_zero(high, decimals));
}

void gap_words(const struct comparison *row, char *buf, unsigned long size)
{
	char share[64];

	gap_share(row, share, sizeof(share));
	if (row->gap_why)
		snprintf(buf, size, "%s", row->gap_why);
	else
		snprintf(buf, size, "%s%s%s", share[0] ? "recovers " : "", share,
		         share[0] ? " of the gap to native" : "");
}
