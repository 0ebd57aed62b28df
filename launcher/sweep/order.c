/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.c - in which order the trials of a matrix run: randomised complete blocks, the same for the same seed.
 *
 * A block holds every arm; its boot groups come in random order, and inside a boot its arms in rounds, each round in
 * a fresh random order.  So a slow drift of the host hits all arms alike.
 */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "matrix.h"
#include "rng.h"

struct walk {
	const struct matrix *matrix;
	struct rng rng;
	struct step *step;
	int nr;
};

static void steps_free(struct step **step)
{
	free(*step);
	*step = NULL;
}

/* Fisher-Yates */
static void shuffle(struct rng *rng, int *list, int nr)
{
	for (int i = nr - 1; i > 0; i--) {
		int j = (int)rng_below(rng, (uint64_t)i + 1), keep = list[i];

		list[i] = list[j];
		list[j] = keep;
	}
}

static int list_groups(const struct matrix *matrix, int *group)
{
	int nr = 0;

	for (int i = 0; i < matrix->nr_arms; i++) {
		bool known = false;

		for (int j = 0; j < nr; j++)
			known |= group[j] == matrix->arm[i].boot;
		if (!known)
			group[nr++] = matrix->arm[i].boot;
	}
	return nr;
}

static int list_members(const struct matrix *matrix, int boot, int *member)
{
	int nr = 0;

	for (int i = 0; i < matrix->nr_arms; i++) {
		if (matrix->arm[i].boot == boot)
			member[nr++] = i;
	}
	return nr;
}

static void walk_cell(struct walk *walk, int block, int repeat, int arm)
{
	const struct arm *of = &walk->matrix->arm[arm];

	for (int workload = 0; workload < of->spec.nr_workloads; workload++)
		walk->step[walk->nr++] = (struct step){
			.block = block,
			.repeat = repeat,
			.arm = arm,
			.workload = workload,
			.boot = of->boot,
		};
}

/* Repeats are spread evenly: block b has those from b*repeats/boots on. */
static void walk_group(struct walk *walk, int block, int boot)
{
	const struct matrix *matrix = walk->matrix;
	int from = (int)((long)block * matrix->repeats / matrix->boots);
	int to = (int)((long)(block + 1) * matrix->repeats / matrix->boots);
	int member[MATRIX_ARMS_MAX], nr = list_members(matrix, boot, member);

	for (int repeat = from; repeat < to; repeat++) {
		shuffle(&walk->rng, member, nr);
		for (int i = 0; i < nr; i++)
			walk_cell(walk, block, repeat, member[i]);
	}
}

int matrix_order(const struct matrix *matrix, struct step **ret, struct err *err)
{
	CLEANUP(steps_free) struct step *step = NULL;
	struct walk walk = { .matrix = matrix };
	int group[MATRIX_ARMS_MAX], nr = list_groups(matrix, group);
	size_t trials = 0;

	for (int i = 0; i < matrix->nr_arms; i++)
		trials += (size_t)matrix->repeats * (size_t)matrix->arm[i].spec.nr_workloads;
	step = calloc(trials ? trials : 1, sizeof(*step));
	if (!step)
		return err_set(err, ENOMEM, "out of memory");
	walk.step = step;
	rng_seed(&walk.rng, matrix->seed);
	for (int block = 0; block < matrix->boots; block++) {
		shuffle(&walk.rng, group, nr);
		for (int i = 0; i < nr; i++)
			walk_group(&walk, block, group[i]);
	}
	*ret = STEAL(&step);
	return walk.nr;
}
