/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cross.c - the full product of axes, or one axis at a time. */
#include "cross.h"

#include <errno.h>

#include "arms.h"
#include "knobs.h"

static int add_cell(const struct spec *base, const struct axes *axes, const int *at,
                    struct matrix *ret, struct err *err)
{
	struct arm *arm;
	int rc = arm_add(ret, base, &arm, err);

	for (int i = 0; i < axes->nr && rc >= 0; i++) {
		const struct axis *axis = &axes->axis[i];

		rc = knob_parse(axis->knob, axis->value[at[i]], &arm->spec, err);
		if (rc < 0)
			err_in(err, "--%s", axis->knob->name);
	}
	return rc;
}

static int cross_all(const struct spec *base, const struct axes *axes, struct matrix *ret,
                     struct err *err)
{
	int at[AXES_MAX] = { 0 }, i;
	size_t cells = 1;

	for (i = 0; i < axes->nr; i++) {
		cells *= (size_t)axes->axis[i].nr;
		if (cells > MATRIX_ARMS_MAX)
			return err_set(err, E2BIG,
			               "the axes multiply to more than %d arms (--pairs varies one "
			               "at a time)",
			               MATRIX_ARMS_MAX);
	}
	do {
		int rc = add_cell(base, axes, at, ret, err);

		if (rc < 0)
			return rc;
		for (i = axes->nr - 1; i >= 0 && ++at[i] == axes->axis[i].nr; i--)
			at[i] = 0;
	} while (i >= 0);
	return 0;
}

static int cross_pairs(const struct spec *base, const struct axes *axes, struct matrix *ret,
                       struct err *err)
{
	int at[AXES_MAX] = { 0 };
	int rc = add_cell(base, axes, at, ret, err);

	for (int i = 0; i < axes->nr; i++) {
		for (at[i] = 1; at[i] < axes->axis[i].nr && rc >= 0; at[i]++)
			rc = add_cell(base, axes, at, ret, err);
		at[i] = 0;
	}
	return rc;
}

int cross_axes(const struct spec *base, const struct axes *axes, struct matrix *ret,
               struct err *err)
{
	return base->pairs ? cross_pairs(base, axes, ret, err) : cross_all(base, axes, ret, err);
}
