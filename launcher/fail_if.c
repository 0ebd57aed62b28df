/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fail_if.c - a verdict rests on six rounds, or on six boots where arms differ in what needs one (report/judge.h). */
#include "fail_if.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "judge.h"
#include "matrix.h"

static const struct arm *find_arm(const struct matrix *matrix, const char *name)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, name))
			return &matrix->arm[i];
	}
	return NULL;
}

static int refuse_boots(const struct matrix *matrix, const struct arm *arm, const struct arm *base,
                        struct err *err)
{
	return err_set(err, EINVAL,
	               "--fail-if: %.60s differs from %.60s in what needs a boot, and a verdict "
	               "takes %d boots, not %d: say --boots %d",
	               arm->name, base->name, JUDGE_UNITS_MIN, matrix->boots, JUDGE_UNITS_MIN);
}

int fail_if_check(const struct matrix *matrix, const char *baseline, struct err *err)
{
	const struct arm *base = find_arm(matrix, baseline);
	int others = 0;

	for (int i = 0; base && i < matrix->nr_arms; i++)
		others += &matrix->arm[i] != base && !matrix->arm[i].is_control;
	if (!others)
		return err_set(err, EINVAL,
		               "--fail-if: there is one arm only, and nothing that it could be "
		               "worse than: give a knob several values, or compare files with "
		               "qlaunch report --fail-if");
	if (matrix->repeats < JUDGE_UNITS_MIN)
		return err_set(err, EINVAL,
		               "--fail-if: a verdict takes %d trials of an arm, not %d: say "
		               "--repeat %d",
		               JUDGE_UNITS_MIN, matrix->repeats, JUDGE_UNITS_MIN);
	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct arm *arm = &matrix->arm[i];

		if (!arm->is_control && arm->boot != base->boot && matrix->boots < JUDGE_UNITS_MIN)
			return refuse_boots(matrix, arm, base, err);
	}
	return 0;
}
