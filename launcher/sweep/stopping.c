/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stopping.c - collects each cell's primary figures by repeat, and looks at the completed boots when it is time. */
#include "stopping.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "cleanup.h"
#include "course.h"
#include "json.h"
#include "judge.h"
#include "matrix.h"
#include "signed_rank.h"
#include "stats.h"

#define FIRST_LOOK  8
#define ALPHA       .05
#define FIGURES_MAX 4

/* Of one arm and workload, by repeat. */
struct cell {
	double *value[FIGURES_MAX]; /* NaN: not there, or the trial has none */
	bool *seen;                 /* its line is there, whatever it says */
	int nr_figures;
	int looked; /* units at the last look */
	bool tight, ended;
};

struct stopping {
	struct course *course;
	double goal;
	int baseline, first_look;
	double *u; /* room for one per repeat */
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

/* Nothing is ended before a verdict could be given on it: so many arms and looks share the level. */
int stopping_first_look(const struct matrix *matrix)
{
	int arms = -1, looks = stopping_looks(matrix->repeats), look = FIRST_LOOK, needed;

	for (int i = 0; i < matrix->nr_arms; i++)
		arms += !matrix->arm[i].is_control;
	needed = (int)judge_units_needed((size_t)(arms < 1 ? 1 : arms) *
	                                 (size_t)(looks < 1 ? 1 : looks));
	while (look < needed)
		look = next_look(look);
	return look;
}

static bool is_native(const struct matrix *matrix)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (matrix->arm[i].spec.where != WHERE_NATIVE)
			return false;
	}
	return true;
}

/* Units that a shard has: its own blocks, or the rounds in them. */
static int shard_units(const struct matrix *matrix, int shard, int of)
{
	int nr = 0;

	for (int block = shard; block < matrix->boots; block += of) {
		int from = (int)((long)block * matrix->repeats / matrix->boots);
		int to = (int)((long)(block + 1) * matrix->repeats / matrix->boots);

		nr += is_native(matrix) ? to - from : 1;
	}
	return nr;
}

int stopping_shard_units(const struct matrix *matrix, int shards)
{
	int of = shards > 1 ? shards : 1, least = matrix->repeats;

	for (int shard = 0; shard < of; shard++) {
		int units = shard_units(matrix, shard, of);

		least = units < least ? units : least;
	}
	return least;
}

int stopping_least_boots(const struct matrix *matrix, int shards)
{
	int of = shards > 1 ? shards : 1, boots = 0, first = stopping_first_look(matrix);

	for (int shard = 0; shard < of; shard++) {
		int units = shard_units(matrix, shard, of);

		boots += units < first ? units : first;
	}
	return boots < matrix->boots ? boots : matrix->boots;
}

/* Whole blocks of this run, or the rounds in them. */
static int own_units(const struct course *course)
{
	const struct matrix *matrix = course->matrix;
	int nr = 0, last = -1;

	for (int i = 0; i < course->nr; i++) {
		const struct step *step = &course->step[i];

		if (course->state[i] == STEP_ELSEWHERE || step->block == last)
			continue;
		last = step->block;
		nr += shard_units(matrix, last, matrix->boots);
	}
	return nr;
}

int stopping_make(struct course *course, double goal, int baseline, struct stopping **ret,
                  struct err *err)
{
	CLEANUP(stopping_free) struct stopping *stopping = calloc(1, sizeof(*stopping));
	int units = own_units(course), first = stopping_first_look(course->matrix);

	if (units < first)
		return err_set(err, EINVAL,
		               "--until-ci looks at %d boots (natively: rounds) first, and this "
		               "run has %d: use --repeat and --boots of %d or more%s",
		               first, units, first,
		               units < course->matrix->boots ? " for each shard" : "");
	if (stopping)
		stopping->u = calloc((size_t)course->matrix->repeats, sizeof(double));
	if (!stopping || !stopping->u)
		return err_set(err, ENOMEM, "out of memory");
	stopping->course = course;
	stopping->goal = goal;
	stopping->baseline = baseline;
	stopping->first_look = first;
	*ret = STEAL(&stopping);
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

static int cell_room(struct cell *cell, int figure, int repeats, struct err *err)
{
	if (!cell->seen)
		cell->seen = calloc((size_t)repeats, sizeof(*cell->seen));
	if (!cell->value[figure]) {
		cell->value[figure] = malloc((size_t)repeats * sizeof(double));
		for (int i = 0; cell->value[figure] && i < repeats; i++)
			cell->value[figure][i] = NAN;
	}
	return cell->seen && cell->value[figure] ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int add_values(struct stopping *stopping, const char *workload, struct cell *cell,
                      int repeat, struct json_object *line, struct err *err)
{
	CLEANUP(str_free) char *names = strdup(workload_find(workload)->primary);
	char *name, *rest = names;
	int nr = 0;

	if (!names)
		return err_set(err, ENOMEM, "out of memory");
	while ((name = strsep(&rest, " ")) && nr < FIGURES_MAX) {
		if (cell_room(cell, nr, stopping->course->matrix->repeats, err))
			return -err->code;
		cell->value[nr++][repeat] = figure(line, name);
	}
	cell->nr_figures = nr;
	cell->seen[repeat] = true;
	return 0;
}

/* The log ratios of the rounds from..to, or NaN: some are still to run, or none has both values. */
static double unit_of(const struct cell *cell, const struct cell *base, int figure, int from,
                      int to, double *scratch)
{
	size_t nr = 0;

	for (int i = from; i < to; i++) {
		double ratio = cell->value[figure][i] / base->value[figure][i];

		if (!cell->seen[i] || !base->seen[i])
			return NAN;
		if (isfinite(log(ratio)))
			scratch[nr++] = log(ratio);
	}
	stats_sort(scratch, nr);
	return stats_median(scratch, nr); /* NaN of none */
}

/* Units of a cell against the baseline's, as report/ forms them; sorted.  Returns how many. */
static int collect(struct stopping *stopping, int arm, const struct cell *cell,
                   const struct cell *base, int figure)
{
	const struct matrix *matrix = stopping->course->matrix;
	bool by_round = matrix->arm[arm].spec.where == WHERE_NATIVE &&
	                matrix->arm[stopping->baseline].spec.where == WHERE_NATIVE;
	int units = by_round ? matrix->repeats : matrix->boots, nr = 0;

	for (int i = 0; i < units; i++) {
		int from = (int)((long)i * matrix->repeats / units);
		int to = (int)((long)(i + 1) * matrix->repeats / units);
		/* the rounds' scratch is behind the units that are there: never more than repeats */
		double u = unit_of(cell, base, figure, from, to, stopping->u + nr);

		if (!isnan(u))
			stopping->u[nr++] = u;
	}
	stats_sort(stopping->u, (size_t)nr);
	return nr;
}

static void look(struct stopping *stopping, int arm, struct cell *cell, const struct cell *base)
{
	double alpha = ALPHA / stopping_looks(stopping->course->matrix->repeats);
	bool tight = true;

	for (int figure = 0; figure < cell->nr_figures; figure++) {
		int nr = collect(stopping, arm, cell, base, figure);
		double ends[2];

		if (nr == cell->looked || nr < stopping->first_look || !is_look(nr))
			return;
		tight &= signed_rank_interval(stopping->u, (size_t)nr, alpha, ends) &&
		         (ends[1] - ends[0]) / 2 <= log1p(stopping->goal);
		if (figure == cell->nr_figures - 1)
			cell->looked = nr;
	}
	cell->tight |= tight;
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

/* The cells that a line can complete a unit of: its own, or of the baseline's line all others. */
static void look_all(struct stopping *stopping, int arm, const char *workload)
{
	const struct matrix *matrix = stopping->course->matrix;
	int base = find_workload(&matrix->arm[stopping->baseline].spec, workload);

	for (int i = 0; base >= 0 && i < matrix->nr_arms; i++) {
		int at = find_workload(&matrix->arm[i].spec, workload);
		struct cell *cell = at < 0 ? NULL : &stopping->cell[i][at];
		const struct cell *against = &stopping->cell[stopping->baseline][base];

		if (i == stopping->baseline || (arm != stopping->baseline && arm != i) || !cell ||
		    !cell->seen || !against->seen || cell->ended)
			continue;
		look(stopping, i, cell, against);
		if (cell->tight)
			end_cell(stopping, i, at);
	}
	if (base >= 0 && !stopping->cell[stopping->baseline][base].ended &&
	    others_ended(stopping, workload))
		end_cell(stopping, stopping->baseline, base);
}

int stopping_take(struct stopping *stopping, int at, struct json_object *line, struct err *err)
{
	const struct matrix *matrix = stopping->course->matrix;
	const struct step *step = &stopping->course->step[at];
	const char *workload = matrix->arm[step->arm].spec.workload[step->workload];
	struct cell *cell = &stopping->cell[step->arm][step->workload];
	int rc = add_values(stopping, workload, cell, step->repeat, line, err);

	if (rc || matrix->nr_arms < 2)
		return rc;
	look_all(stopping, step->arm, workload);
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
			free(stopping->cell[i][w].seen);
		}
	}
	free(stopping->u);
	free(stopping);
	*at = NULL;
}
