/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.c - the control's name and the VM it runs in. */
#include "control.h"

#include <stdio.h>
#include <string.h>

#include "arms.h"
#include "text.h"

static int find_baseline(const struct spec *base, const struct matrix *matrix)
{
	for (int i = 0; base->baseline && i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, base->baseline))
			return i;
	}
	return 0;
}

/* Where other arms have a VM of their own, so has the control: else it would not see what a boot changes. */
static int choose_boot(const struct matrix *matrix, int baseline)
{
	int boot = matrix->arm[baseline].boot, last = -1;
	bool is_shared = true;

	for (int i = 0; i < matrix->nr_arms; i++) {
		int other = matrix->arm[i].boot;

		is_shared &= other < 0 || other == boot;
		last = other > last ? other : last;
	}
	return boot < 0 || is_shared ? boot : last + 1;
}

/* The baseline's name is cut rather than the words that say what this is. */
static bool make_name(const struct matrix *matrix, int baseline, char *buf, size_t size)
{
	static const char tail[] = " (A/A)";

	text_copy(buf, size - sizeof(tail), matrix->arm[baseline].name);
	snprintf(buf + strlen(buf), sizeof(tail), "%s", tail);
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, buf))
			return false;
	}
	return true;
}

int control_add(const struct spec *base, struct matrix *ret, struct err *err)
{
	int baseline = find_baseline(base, ret), boot = choose_boot(ret, baseline), rc;
	char name[ARM_NAME_MAX];
	struct arm *arm;

	if (!base->control || ret->nr_arms < 2 || ret->nr_arms == MATRIX_ARMS_MAX ||
	    !make_name(ret, baseline, name, sizeof(name)))
		return 0;
	rc = arm_add(ret, base, &arm, err);
	if (rc < 0)
		return rc;
	arm->spec = ret->arm[baseline].spec; /* only now: the list may have moved */
	text_copy(arm->name, sizeof(arm->name), name);
	arm->is_control = true;
	arm->boot = boot;
	return 0;
}
