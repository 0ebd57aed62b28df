/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * axis.h - the text of one option of a sweep as the values that are compared.  Pure.
 */
#ifndef LAUNCHER_AXIS_H
#define LAUNCHER_AXIS_H

#include <stdbool.h>

#include "err.h"
#include "knobs.h"

#define AXES_MAX        32
#define AXIS_VALUES_MAX 64

struct axis {
	const struct knob *knob;
	int nr;
	const char *value[AXIS_VALUES_MAX];
	bool has_brackets; /* whoever brackets one value means each comma as it stands */
};

struct axes {
	int nr;
	struct axis axis[AXES_MAX];
};

/* Adds the values of "V1,[V2a,V2b],..." to the axis.  `text` is cut at its commas and must outlive the axis.  `base` is
 * what the other options said so far: a value is tried on a copy of it.  A part that can only belong to the value
 * before it (host,+invtsc) and a value that is there already are refused. */
int axis_add_text(struct axis *axis, char *text, const struct spec *base, struct err *err)
        MUST_CHECK;
/* One value, whose commas are its own. */
int axis_add_value(struct axis *axis, const char *value, const struct spec *base, struct err *err)
        MUST_CHECK;
/* Where one value was wanted: is this a list of values, each right by itself? */
bool axis_is_list(const struct knob *knob, const char *text, const struct spec *base);

#endif
