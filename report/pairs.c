/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pairs.c - units of two cells, and which of them go together. */
#include "pairs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "cleanup.h"
#include "stats.h"

/* A trial or a boot of one side. */
struct unit {
	const struct cell_sample *sample; /* the first */
	double value;
};

struct units {
	size_t nr;
	struct unit *list;
};

static void units_done(struct units *units)
{
	free(units->list);
	*units = (struct units){ 0 };
}

static void doubles_free(double **list)
{
	free(*list);
	*list = NULL;
}

/* A block that lost its node ends on another one: that is another boot, and another machine's. */
static bool same_boot(const struct cell_sample *a, const struct cell_sample *b)
{
	return a->trial->seed == b->trial->seed && a->trial->block == b->trial->block &&
	       a->trial->file == b->trial->file && a->trial->machine == b->trial->machine;
}

static int boot_order(const struct cell_sample *a, const struct cell_sample *b)
{
	if (a->trial->seed != b->trial->seed)
		return a->trial->seed < b->trial->seed ? -1 : 1;
	return (a->trial->block > b->trial->block) - (a->trial->block < b->trial->block);
}

static double known(const struct cell_sample *sample)
{
	return sample->value ? sample->value->value : NAN;
}

/* The known values of a cell, or the median of each boot's. */
static int units_make(const struct cell *cell, bool by_boot, struct units *ret)
{
	CLEANUP(doubles_free) double *scratch = calloc(cell->nr + 1, sizeof(*scratch));

	ret->list = calloc(cell->nr + 1, sizeof(*ret->list));
	if (!scratch || !ret->list)
		return -ENOMEM;
	for (size_t i = 0, next; i < cell->nr; i = next) {
		size_t nr = 0;

		for (next = i;
		     next < cell->nr &&
		     (next == i || (by_boot && same_boot(&cell->sample[i], &cell->sample[next])));
		     next++) {
			if (!isnan(known(&cell->sample[next])))
				scratch[nr++] = known(&cell->sample[next]);
		}
		if (!nr)
			continue;
		stats_sort(scratch, nr);
		ret->list[ret->nr++] = (struct unit){ &cell->sample[i], stats_median(scratch, nr) };
	}
	return 0;
}

static int side_init(struct pairs_side *side, size_t room)
{
	side->value = calloc(room + 1, sizeof(*side->value));
	side->group = calloc(room + 1, sizeof(*side->group));
	return side->value && side->group ? 0 : -ENOMEM;
}

/* Rounds of one VM share what that VM was given.  Natively there is no VM: a block is a number there, and its rounds
 * share no more than the sweep and the machine. */
static bool same_vm(const struct cell_sample *a, const struct cell_sample *b)
{
	if (a->trial->boot_group != RESULT_NATIVE || b->trial->boot_group != RESULT_NATIVE)
		return same_boot(a, b);
	return a->trial->seed == b->trial->seed && a->trial->file == b->trial->file &&
	       a->trial->machine == b->trial->machine;
}

/* Boots are numbered as they come; a unit that is a boot stands alone. */
static void side_add(struct pairs_side *side, const struct unit *units, size_t i, bool by_boot,
                     const struct cell_sample *last)
{
	int group = side->nr ? side->group[side->nr - 1] : 0;

	if (last && (by_boot || !same_vm(last, units[i].sample)))
		group++;
	side->value[side->nr] = units[i].value;
	side->group[side->nr++] = group;
}

static int units_order(const struct unit *a, const struct unit *b, bool by_boot)
{
	return by_boot ? boot_order(a->sample, b->sample) : cell_sample_order(a->sample, b->sample);
}

/* Two files of one seed are two experiments, or parts of one: neither has a trial beside one of the other's.  Nor has
 * one machine a trial beside one of another's: a machine is a block. */
static bool are_beside(const struct unit *a, const struct unit *b)
{
	return a->sample->trial->file == b->sample->trial->file &&
	       a->sample->trial->machine == b->sample->trial->machine;
}

static int pair_up(const struct units *a, const struct units *b, struct pairs *ret)
{
	const struct cell_sample *last = NULL;
	size_t i = 0, j = 0;

	ret->ratio = calloc(a->nr + 1, sizeof(*ret->ratio));
	if (!ret->ratio || side_init(&ret->a, a->nr) || side_init(&ret->b, a->nr))
		return -ENOMEM;
	while (i < a->nr && j < b->nr) {
		int order = units_order(&a->list[i], &b->list[j], ret->by_boot);

		if (!order && b->list[j].value != 0 && are_beside(&a->list[i], &b->list[j])) {
			ret->ratio[ret->nr_pairs++] = a->list[i].value / b->list[j].value;
			side_add(&ret->a, a->list, i, ret->by_boot, last);
			side_add(&ret->b, b->list, j, ret->by_boot, last);
			last = a->list[i].sample;
		}
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

static int stand_alone(const struct units *units, bool by_boot, struct pairs_side *ret)
{
	free(ret->value);
	free(ret->group);
	*ret = (struct pairs_side){ 0 };
	if (side_init(ret, units->nr))
		return -ENOMEM;
	for (size_t i = 0; i < units->nr; i++)
		side_add(ret, units->list, i, by_boot, i ? units->list[i - 1].sample : NULL);
	return 0;
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

/* Lines that do not say are taken for arms with a VM each: that asks for more, never for less. */
static bool need_boots(const struct cell *cell, const struct cell *base)
{
	const struct result_trial *a = cell->sample[0].trial, *b = base->sample[0].trial;

	if (a->boot_group == RESULT_NO_GROUP || a->boot_group != b->boot_group)
		return true;
	/* the same number of another experiment is another VM; native trials have none */
	return a->boot_group >= 0 && (a->seed != b->seed || a->file != b->file);
}

int pairs_make(const struct cell *cell, const struct cell *base, struct pairs *ret)
{
	CLEANUP(units_done) struct units a = { 0 };
	CLEANUP(units_done) struct units b = { 0 };
	size_t fewer;
	int rc;

	ret->by_boot = need_boots(cell, base);
	rc = units_make(cell, ret->by_boot, &a);
	if (!rc)
		rc = units_make(base, ret->by_boot, &b);
	if (!rc)
		rc = pair_up(&a, &b, ret);
	if (rc)
		return rc;
	/* a few pairs out of many would throw most of the trials away */
	fewer = a.nr < b.nr ? a.nr : b.nr;
	ret->paired = ret->nr_pairs && ret->nr_pairs * 2 >= fewer;
	if (ret->paired)
		return 0;
	ret->unlike = machines_differ(cell, base);
	rc = stand_alone(&a, ret->by_boot, &ret->a);
	return rc ? rc : stand_alone(&b, ret->by_boot, &ret->b);
}

void pairs_done(struct pairs *pairs)
{
	free(pairs->a.value);
	free(pairs->a.group);
	free(pairs->b.value);
	free(pairs->b.group);
	free(pairs->ratio);
	*pairs = (struct pairs){ 0 };
}
