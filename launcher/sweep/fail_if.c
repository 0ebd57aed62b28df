/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fail_if.c - a verdict rests on six rounds, or on six boots where arms differ in what needs one (report/compare/judge.h). */
#include "fail_if.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "design_power.h"
#include "matrix.h"
#include "stopping.h"

static const struct arm *find_arm(const struct matrix *matrix, const char *name)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, name))
			return &matrix->arm[i];
	}
	return NULL;
}

static int refuse_boots(const struct matrix *matrix, const struct arm *arm, const struct arm *base,
                        int needed, int least_boots, struct err *err)
{
	if (matrix->boots >= needed)
		return err_set(err, EINVAL,
		               "--fail-if: a verdict on %.60s against %.60s takes %d boots, and "
		               "--until-ci may end after %d: use --boots %d, or no --until-ci",
		               arm->name, base->name, needed, least_boots, matrix->repeats);
	return err_set(err, EINVAL,
	               "--fail-if: a verdict on %.60s against %.60s takes %d boots, not %d: use "
	               "--boots %d",
	               arm->name, base->name, needed, matrix->boots, needed);
}

static bool has_vm(const struct arm *arm)
{
	return arm->spec.where == WHERE_GUEST;
}

static int check_baseline(const struct matrix *matrix, const struct arm *base, struct err *err)
{
	bool any_refused = false;

	if (base->refused[0])
		return err_set(err, EINVAL,
		               "--fail-if: the baseline, %.60s, is refused, and nothing can be "
		               "compared with it: name another one (--baseline)",
		               base->name);
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (design_compares(&matrix->arm[i], base))
			return 0;
		any_refused |= matrix->arm[i].refused[0] != '\0';
	}
	return err_set(err, EINVAL,
	               "--fail-if: there is one arm only%s, and nothing that it could be worse "
	               "than: give a knob several values, or compare files with qlaunch report "
	               "--fail-if",
	               any_refused ? " that is not refused" : "");
}

/* A figure beyond a value is no comparison. */
static bool asks_for_verdicts(const struct spec *spec)
{
	for (int i = 0; i < spec->nr_fail_ifs; i++) {
		if (strstr(spec->fail_if[i], " worse "))
			return true;
	}
	return false;
}

int fail_if_check(const struct matrix *matrix, const struct spec *spec, const char *baseline,
                  struct err *err)
{
	const struct arm *base = find_arm(matrix, baseline);
	int rc = base && asks_for_verdicts(spec) ? check_baseline(matrix, base, err) : 0;
	int least_boots = spec->until_ci > 0 ? stopping_least_boots(matrix, spec->slurm)
	                                     : matrix->boots;
	struct design_power power;
	int needed;

	design_power_make(matrix, spec, baseline, &power);
	needed = power.needed;
	if (rc || !base || !asks_for_verdicts(spec))
		return rc;
	if (matrix->repeats < needed)
		return err_set(err, EINVAL,
		               "--fail-if: a verdict takes %d trials of an arm, not %d: use "
		               "--repeat %d",
		               needed, matrix->repeats, needed);
	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct arm *arm = &matrix->arm[i];

		if (design_compares(arm, base) && (has_vm(arm) || has_vm(base)) &&
		    least_boots < needed)
			return refuse_boots(matrix, arm, base, needed, least_boots, err);
	}
	return 0;
}
