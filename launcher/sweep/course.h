/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * course.h - the steps of a design in their order, and which of them are still to run.  Pure.
 */
#ifndef LAUNCHER_COURSE_H
#define LAUNCHER_COURSE_H

#include <stdint.h>

#include "err.h"

struct matrix;
struct step;

enum step_state {
	STEP_OPEN,
	STEP_KEPT,      /* its line is in the file already */
	STEP_SPARED,    /* its cell is known well enough: --until-ci */
	STEP_CUT,       /* does not fit into --budget */
	STEP_ELSEWHERE, /* of another --shard */
};

struct course {
	const struct matrix *matrix;
	struct step *step;
	uint8_t *state; /* enum step_state of each */
	int nr;
	int *index, *first; /* of arm, repeat and workload: see course_find() */
};

/* All open.  The matrix outlives it. */
int course_make(const struct matrix *matrix, struct course *ret, struct err *err) MUST_CHECK;
/* The step of this arm (by name), workload, block and repeat; -1 where the design has none. */
int course_find(const struct course *course, const char *arm, const char *workload, int64_t block,
                int64_t repeat);
/* Leaves open every of-th block, from the i-th (1..of) on.  -EINVAL where there are fewer blocks. */
int course_shard(struct course *course, int i, int of, struct err *err) MUST_CHECK;
int course_count(const struct course *course, enum step_state state);
void course_done(struct course *course);

#endif
