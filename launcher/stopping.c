/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stopping.c - collects each cell's primary figures, and looks at them when it is time. */
#include "stopping.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "cleanup.h"
#include "course.h"
#include "interval.h"
#include "json.h"
#include "matrix.h"
#include "stats.h"

#define FIRST_LOOK  8
#define ALPHA       .05
#define FIGURES_MAX 4

struct cell {
	int nr; /* values of each figure */
	double *value[FIGURES_MAX];
	bool tight, ended;
};

struct stopping {
	struct course *course;
	double goal;
	int baseline;
	int first_block; /* of this run: a shard's is not the sweep's */
	struct cell cell[MATRIX_ARMS_MAX][SPEC_WORKLOADS_MAX];
};

/* 8, 12, 16, 24, 32, 48, ... */
static int next_look(int look)
{
	bool is_power = !(look & (look - 1));

	return look + (is_power ? look / 2 : look / 3);
}

static bool is_look(int nr)
{
	int look = FIRST_LOOK;

	while (look < nr)
		look = next_look(look);
	return look == nr;
}

int stopping_looks(int repeats)
{
	int nr = 0;

	for (int look = FIRST_LOOK; look <= repeats; look = next_look(look))
		nr++;
	return nr;
}

static bool any_look(int after, int to)
{
	for (int nr = after + 1; nr <= to; nr++) {
		if (is_look(nr))
			return true;
	}
	return false;
}

/* Of one shard; matrix_order() spreads the repeats over the blocks. */
static int least_boots(const struct matrix *matrix, int shard, int of)
{
	int boots = 0, nr = 0;

	for (int block = shard; block < matrix->boots; block += of) {
		int from = (int)((long)block * matrix->repeats / matrix->boots);
		int to = (int)((long)(block + 1) * matrix->repeats / matrix->boots);

		boots++;
		if ((boots > 1 || matrix->boots == 1) && any_look(nr, nr + to - from))
			break;
		nr += to - from;
	}
	return boots;
}

int stopping_least_boots(const struct matrix *matrix, int shards)
{
	int of = shards > 1 ? shards : 1, boots = 0;

	for (int shard = 0; shard < of; shard++)
		boots += least_boots(matrix, shard, of);
	return boots;
}

/* How many blocks are this run's; the first of them. */
static int own_blocks(const struct course *course, int *ret_first)
{
	int nr = 0, last = -1;

	for (int i = 0; i < course->nr; i++) {
		if (course->state[i] == STEP_ELSEWHERE || course->step[i].block == last)
			continue;
		last = course->step[i].block;
		*ret_first = nr++ ? *ret_first : last;
	}
	return nr;
}

int stopping_make(struct course *course, double goal, int baseline, struct stopping **ret,
                  struct err *err)
{
	int first = 0, nr = own_blocks(course, &first);
	struct stopping *stopping;

	if (nr == 1 && course->matrix->boots > 1)
		return err_set(err, EINVAL,
		               "--until-ci judges no boot by itself, and this shard has one block "
		               "of the sweep's %d: at least two a shard (--boots)",
		               course->matrix->boots);
	stopping = calloc(1, sizeof(*stopping));
	if (!stopping)
		return err_set(err, ENOMEM, "out of memory");
	stopping->first_block = first;
	stopping->course = course;
	stopping->goal = goal;
	stopping->baseline = baseline;
	*ret = stopping;
	return 0;
}

/* NaN where the line has none. */
static double figure(struct json_object *line, const char *name)
{
	struct json_object *figures, *one;
	struct err ignored;
	double value;

	if (json_get_object(line, "line", "figures", &figures, &ignored) ||
	    json_get_object(figures, "figures", name, &one, &ignored) ||
	    json_get_double(one, name, "value", &value, &ignored))
		return NAN;
	return value;
}

/* All primary figures of the workload, or none: a line without one of them is no value. */
static int add_values(struct stopping *stopping, const char *workload, struct cell *cell,
                      struct json_object *line, struct err *err)
{
	CLEANUP(str_free) char *names = strdup(workload_find(workload)->primary);
	char *name, *rest = names;
	double value[FIGURES_MAX];
	int nr = 0;

	if (!names)
		return err_set(err, ENOMEM, "out of memory");
	while ((name = strsep(&rest, " ")) && nr < FIGURES_MAX) {
		value[nr] = figure(line, name);
		if (isnan(value[nr++]))
			return 0;
	}
	for (int i = 0; i < nr; i++) {
		if (!cell->value[i])
			cell->value[i] = calloc((size_t)stopping->course->matrix->repeats,
			                        sizeof(double));
		if (!cell->value[i])
			return err_set(err, ENOMEM, "out of memory");
		cell->value[i][cell->nr] = value[i];
	}
	cell->nr++;
	return 0;
}

static bool is_tight(const struct stopping *stopping, const struct cell *cell)
{
	double alpha = ALPHA / stopping_looks(stopping->course->matrix->repeats);

	for (int i = 0; i < FIGURES_MAX && cell->value[i]; i++) {
		struct interval interval;
		double median;

		stats_sort(cell->value[i], (size_t)cell->nr);
		median = stats_median(cell->value[i], (size_t)cell->nr);
		if (!interval_median(cell->value[i], (size_t)cell->nr, alpha, &interval))
			return false;
		if ((interval.high - interval.low) / 2 > stopping->goal * fabs(median))
			return false;
	}
	return true;
}

/* Workload `which` of the baseline's list, in another arm's list; -1. */
static int find_workload(const struct spec *spec, const char *name)
{
	for (int i = 0; i < spec->nr_workloads; i++) {
		if (!strcmp(spec->workload[i], name))
			return i;
	}
	return -1;
}

static void end_cell(struct stopping *stopping, int arm, int workload)
{
	struct course *course = stopping->course;

	stopping->cell[arm][workload].ended = true;
	for (int i = 0; i < course->nr; i++) {
		const struct step *step = &course->step[i];

		if (step->arm == arm && step->workload == workload &&
		    (course->state[i] == STEP_OPEN || course->state[i] == STEP_CUT))
			course->state[i] = STEP_SPARED;
	}
}

static bool others_ended(const struct stopping *stopping, const char *workload)
{
	const struct matrix *matrix = stopping->course->matrix;

	for (int i = 0; i < matrix->nr_arms; i++) {
		int at = find_workload(&matrix->arm[i].spec, workload);

		if (i != stopping->baseline && !matrix->arm[i].refused[0] && at >= 0 &&
		    !stopping->cell[i][at].ended)
			return false;
	}
	return true;
}

int stopping_take(struct stopping *stopping, int at, struct json_object *line, struct err *err)
{
	const struct matrix *matrix = stopping->course->matrix;
	const struct step *step = &stopping->course->step[at];
	const char *workload = matrix->arm[step->arm].spec.workload[step->workload];
	struct cell *cell = &stopping->cell[step->arm][step->workload];
	int base = find_workload(&matrix->arm[stopping->baseline].spec, workload);
	int before = cell->nr, rc = add_values(stopping, workload, cell, line, err);

	if (rc || cell->ended)
		return rc;
	if (cell->nr != before && is_look(cell->nr) &&
	    (step->block > stopping->first_block || matrix->boots == 1))
		cell->tight |= is_tight(stopping, cell);
	if (cell->tight && step->arm != stopping->baseline)
		end_cell(stopping, step->arm, step->workload);
	if (base >= 0 && stopping->cell[stopping->baseline][base].tight &&
	    others_ended(stopping, workload))
		end_cell(stopping, stopping->baseline, base);
	return 0;
}

void stopping_free(struct stopping **at)
{
	struct stopping *stopping = *at;

	if (!stopping)
		return;
	for (int i = 0; i < MATRIX_ARMS_MAX; i++) {
		for (int w = 0; w < SPEC_WORKLOADS_MAX; w++) {
			for (int f = 0; f < FIGURES_MAX; f++)
				free(stopping->cell[i][w].value[f]);
		}
	}
	free(stopping);
	*at = NULL;
}
