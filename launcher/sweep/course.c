/* SPDX-License-Identifier: GPL-2.0-or-later */
/* course.c - a design's steps, found by their key. */
#include "course.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "matrix.h"

/* Where each (arm, repeat, workload) stands in the order. */
static void index_steps(struct course *course)
{
	const struct matrix *matrix = course->matrix;
	int at = 0;

	for (int i = 0; i < matrix->nr_arms; i++) {
		course->first[i] = at;
		at += matrix->repeats * matrix->arm[i].spec.nr_workloads;
	}
	for (int i = 0; i < course->nr; i++) {
		const struct step *step = &course->step[i];
		int width = matrix->arm[step->arm].spec.nr_workloads;

		course->index[course->first[step->arm] + step->repeat * width + step->workload] = i;
	}
}

int course_make(const struct matrix *matrix, struct course *ret, struct err *err)
{
	CLEANUP(course_done) struct course course = { .matrix = matrix };
	int nr = matrix_order(matrix, &course.step, err);

	if (nr < 0)
		return nr;
	course.nr = nr;
	course.state = calloc((size_t)nr + 1, sizeof(*course.state));
	course.index = calloc((size_t)nr + 1, sizeof(*course.index));
	course.first = calloc((size_t)matrix->nr_arms + 1, sizeof(*course.first));
	if (!course.state || !course.index || !course.first)
		return err_set(err, ENOMEM, "out of memory");
	index_steps(&course);
	*ret = course;
	course = (struct course){ 0 };
	return 0;
}

static int find_arm(const struct matrix *matrix, const char *name)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, name))
			return i;
	}
	return -1;
}

int course_find(const struct course *course, const char *arm, const char *workload, int64_t block,
                int64_t repeat)
{
	int which = find_arm(course->matrix, arm);
	const struct spec *spec = which < 0 ? NULL : &course->matrix->arm[which].spec;

	if (!spec || repeat < 0 || repeat >= course->matrix->repeats)
		return -1;
	for (int i = 0; i < spec->nr_workloads; i++) {
		int at = course->first[which] + (int)repeat * spec->nr_workloads + i;

		if (!strcmp(spec->workload[i], workload))
			return course->step[course->index[at]].block == block ? course->index[at]
			                                                      : -1;
	}
	return -1;
}

int course_shard(struct course *course, int i, int of, struct err *err)
{
	if (of > course->matrix->boots)
		return err_set(err, EINVAL,
		               "--shard %d/%d: a shard has whole blocks, and this sweep has %d "
		               "(--boots)",
		               i, of, course->matrix->boots);
	for (int at = 0; at < course->nr; at++) {
		if (course->step[at].block % of != i - 1)
			course->state[at] = STEP_ELSEWHERE;
	}
	return 0;
}

int course_count(const struct course *course, enum step_state state)
{
	int nr = 0;

	for (int i = 0; i < course->nr; i++)
		nr += course->state[i] == state;
	return nr;
}

void course_done(struct course *course)
{
	free(course->step);
	free(course->state);
	free(course->index);
	free(course->first);
	*course = (struct course){ 0 };
}
