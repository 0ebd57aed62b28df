/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pace.c - averages of what was measured, and what they leave room for. */
#include "pace.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "course.h"
#include "matrix.h"

#define REPEATS_MAX 1000

struct mean {
	int64_t sum_ns;
	int nr;
};

/* Of a repeat: one that was begun is ended, one of which a step was passed over is not taken up again. */
enum fate { FREE, BEGUN, LOST };

struct pace {
	struct course *course;
	struct mean boot;
	const struct step *up; /* the step that the last VM was started for; NULL: none yet */
	struct mean group[MATRIX_ARMS_MAX]; /* of each boot group: some start more VMs */
	struct mean extra;                  /* of any trial, beyond warm-up and duration */
	struct mean cell[MATRIX_ARMS_MAX][SPEC_WORKLOADS_MAX];
	int64_t *cost; /* of each rank: see rank_of() */
	uint8_t *fate; /* enum fate of each rank */
};

int pace_make(struct course *course, struct pace **ret, struct err *err)
{
	CLEANUP(pace_free) struct pace *pace = calloc(1, sizeof(*pace));
	size_t ranks = (size_t)course->matrix->repeats + (size_t)course->matrix->boots;

	if (!pace)
		return err_set(err, ENOMEM, "out of memory");
	pace->course = course;
	pace->cost = calloc(ranks, sizeof(*pace->cost));
	pace->fate = calloc(ranks, sizeof(*pace->fate));
	if (!pace->cost || !pace->fate)
		return err_set(err, ENOMEM, "out of memory");
	*ret = STEAL(&pace);
	return 0;
}

static int64_t nominal(const struct matrix *matrix, const struct step *step)
{
	const struct spec *spec = &matrix->arm[step->arm].spec;

	return matrix->arm[step->arm].refused[0] ? 0 : spec->warmup_ns + spec->duration_ns;
}

void pace_took(struct pace *pace, const struct step *step, int64_t ns)
{
	struct mean *cell = &pace->cell[step->arm][step->workload];

	cell->sum_ns += ns;
	cell->nr++;
	pace->extra.sum_ns += ns - nominal(pace->course->matrix, step);
	pace->extra.nr++;
}

void pace_booted(struct pace *pace, const struct step *step, int64_t ns)
{
	pace->up = step;
	pace->boot.sum_ns += ns;
	pace->boot.nr++;
	pace->group[step->boot].sum_ns += ns;
	pace->group[step->boot].nr++;
}

static int64_t mean_of(const struct mean *mean)
{
	return mean->nr ? mean->sum_ns / mean->nr : 0;
}

static int64_t cost_of(const struct pace *pace, const struct step *step)
{
	const struct mean *cell = &pace->cell[step->arm][step->workload];

	if (cell->nr)
		return mean_of(cell);
	return nominal(pace->course->matrix, step) + mean_of(&pace->extra);
}

static int64_t boot_cost(const struct pace *pace, const struct step *step)
{
	const struct mean *group = &pace->group[step->boot];

	return mean_of(group->nr ? group : &pace->boot);
}

/* Does this step need another boot than the step that runs before it, or than the VM that is up? */
static bool boots_anew(const struct pace *pace, int from, int at, int last)
{
	const struct course *course = pace->course;
	const struct step *step = &course->step[at], *before = at == from ? pace->up
	                                                       : last < 0 ? NULL
	                                                                  : &course->step[last];

	if (step->boot < 0)
		return false;
	return !before || before->block != step->block || before->boot != step->boot;
}

int64_t pace_left(const struct pace *pace, int from)
{
	const struct course *course = pace->course;
	int64_t ns = 0;

	for (int i = from, last = from - 1; i < course->nr; i++) {
		if (course->state[i] != STEP_OPEN)
			continue;
		ns += cost_of(pace, &course->step[i]);
		ns += boots_anew(pace, from, i, last) ? boot_cost(pace, &course->step[i]) : 0;
		last = i;
	}
	return ns;
}

/* The first repeat of every block, then the second of every block, and so on. */
static int rank_of(const struct matrix *matrix, const struct step *step)
{
	int from = (int)((long)step->block * matrix->repeats / matrix->boots);

	return (step->repeat - from) * matrix->boots + step->block;
}

static void add_costs(struct pace *pace, int from)
{
	struct course *course = pace->course;
	const struct matrix *matrix = course->matrix;
	int nr = matrix->repeats + matrix->boots;

	for (int i = 0; i < nr; i++) {
		pace->cost[i] = 0;
		pace->fate[i] = FREE;
	}
	for (int i = 0, last = -1; i < course->nr; i++) {
		int rank = rank_of(matrix, &course->step[i]);

		if (course->state[i] == STEP_KEPT)
			pace->fate[rank] = BEGUN;
		if (i < from && course->state[i] == STEP_CUT)
			pace->fate[rank] = LOST;
		if (i < from || (course->state[i] != STEP_OPEN && course->state[i] != STEP_CUT))
			continue;
		pace->cost[rank] += cost_of(pace, &course->step[i]);
		/* a boot is paid for by the first repeat of its block */
		if (boots_anew(pace, from, i, last))
			pace->cost[rank] += boot_cost(pace, &course->step[i]);
		last = i;
	}
}

static bool is_taken(const struct pace *pace, int rank, int end)
{
	return pace->fate[rank] == BEGUN || (rank < end && pace->fate[rank] == FREE);
}

void pace_fit(struct pace *pace, int from, int64_t left_ns)
{
	struct course *course = pace->course;
	const struct matrix *matrix = course->matrix;
	int nr = matrix->repeats + matrix->boots, rank = 0;

	add_costs(pace, from);
	for (int i = 0; i < nr; i++)
		left_ns -= pace->fate[i] == BEGUN ? pace->cost[i] : 0;
	for (; rank < nr; rank++) {
		if (pace->fate[rank] != FREE)
			continue;
		left_ns -= pace->cost[rank];
		if (left_ns < 0 && rank)
			break;
	}
	for (int i = from; i < course->nr; i++) {
		int own = rank_of(matrix, &course->step[i]);

		if (course->state[i] == STEP_OPEN || course->state[i] == STEP_CUT)
			course->state[i] = is_taken(pace, own, rank) ? STEP_OPEN : STEP_CUT;
	}
}

int64_t pace_budget(const struct matrix *matrix, int repeats)
{
	int64_t one = 0;

	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct spec *spec = &matrix->arm[i].spec;

		one += spec->nr_workloads * (spec->warmup_ns + spec->duration_ns);
	}
	return one * repeats;
}

void pace_sum(const struct course *course, bool drops_first, struct pace_sum *ret)
{
	const struct step *last = NULL;
	bool is_native_warm = false;

	*ret = (struct pace_sum){ 0 };
	for (int i = 0; i < course->nr; i++) {
		const struct step *step = &course->step[i];
		int64_t ns = nominal(course->matrix, step);
		bool boots = step->boot >= 0 &&
		             (!last || last->block != step->block || last->boot != step->boot);

		if (course->state[i] != STEP_OPEN || course->matrix->arm[step->arm].refused[0])
			continue;
		ret->trials++;
		ret->trials_ns += ns;
		ret->boots += boots;
		if (drops_first && (boots || (step->boot < 0 && !is_native_warm))) {
			ret->discarded++;
			ret->discarded_ns += ns;
			is_native_warm |= step->boot < 0;
		}
		last = step;
	}
}

int pace_repeats(const struct matrix *matrix, int64_t budget_ns)
{
	int64_t one = pace_budget(matrix, 1), trials = 0, nr;

	for (int i = 0; i < matrix->nr_arms; i++)
		trials += matrix->arm[i].spec.nr_workloads;
	nr = one ? budget_ns / one : REPEATS_MAX;
	if (nr > REPEATS_MAX)
		nr = REPEATS_MAX;
	if (nr * trials > MATRIX_TRIALS_MAX)
		nr = MATRIX_TRIALS_MAX / trials;
	return nr < 1 ? 1 : (int)nr;
}

void pace_free(struct pace **at)
{
	if (!*at)
		return;
	free((*at)->cost);
	free((*at)->fate);
	free(*at);
	*at = NULL;
}
