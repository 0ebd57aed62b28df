/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arms_axes.c - axes and excludes of an arms file. */
#include "arms_axes.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "arms.h"
#include "cross.h"
#include "json.h"
#include "knobs.h"

static int parse_axis(const char *name, struct json_object *list, const struct spec *base,
                      struct axes *axes, struct err *err)
{
	const struct knob *knob = knob_find(name);
	const char *near = knob ? NULL : knob_suggest(name);
	struct axis *axis = &axes->axis[axes->nr];

	if (!knob)
		return err_set(err, EINVAL, "unknown option%s%s%s", near ? ": did you mean '" : "",
		               near ? near : "", near ? "'?" : "");
	if (!knob_is_axis(knob))
		return err_set(err, EINVAL, "is no knob that a sweep varies");
	if (axes->nr == AXES_MAX)
		return err_set(err, E2BIG, "more than %d axes", AXES_MAX);
	if (!json_object_is_type(list, json_type_array) || !json_object_array_length(list) ||
	    json_object_array_length(list) > AXIS_VALUES_MAX)
		return err_set(err, EINVAL, "is no list of 1 to %d values", AXIS_VALUES_MAX);
	*axis = (struct axis){ .knob = knob };
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *text = arm_text(json_object_array_get_idx(list, i));
		int rc = text ? arm_check_path(base, knob, text, err)
		              : err_set(err, EINVAL, "is no string, number or bool");

		if (!rc)
			rc = axis_add_value(axis, text, base, err);
		if (rc < 0)
			return err_in(err, "value %zu", i + 1);
	}
	axes->nr++;
	return 0;
}

static int parse_axes(struct json_object *o, const struct spec *base, struct axes *ret,
                      struct err *err)
{
	if (!json_object_is_type(o, json_type_object) || !json_object_object_length(o))
		return err_set(err, EINVAL,
		               "is no object of axes: {\"policy\": [\"other\", \"fifo\"]}");
	json_object_object_foreach(o, name, list) {
		int rc = parse_axis(name, list, base, ret, err);

		if (rc < 0)
			return err_in(err, "%.64s", name);
	}
	return 0;
}

/* Would setting the knobs of `what` change nothing in this arm? */
static int has_all(const struct arm *arm, struct json_object *what, struct err *err)
{
	if (!json_object_is_type(what, json_type_object) || !json_object_object_length(what))
		return err_set(err, EINVAL, "is no object of knobs");
	json_object_object_foreach(what, name, value) {
		struct arm copy = *arm;
		const char *text = arm_text(value);
		char before[SPEC_KNOB_MAX], after[SPEC_KNOB_MAX];
		int rc = text ? arm_set(&copy, name, text, err)
		              : err_set(err, EINVAL, "is no string, number or bool");

		if (rc < 0)
			return err_in(err, "%.64s", name);
		knob_format(knob_find(name), &arm->spec, before, sizeof(before));
		knob_format(knob_find(name), &copy.spec, after, sizeof(after));
		if (strcmp(before, after) != 0)
			return false;
	}
	return true;
}

/* may_miss: with --pairs most combinations are not there, and an exclude of one is no slip. */
static int exclude(struct json_object *what, struct matrix *matrix, bool may_miss, struct err *err)
{
	int kept = 0;

	for (int i = 0; i < matrix->nr_arms; i++) {
		int has = has_all(&matrix->arm[i], what, err);

		if (has < 0)
			return has;
		if (!has && kept != i)
			matrix->arm[kept] = matrix->arm[i];
		kept += !has;
	}
	if (kept == matrix->nr_arms && !may_miss)
		return err_set(err, EINVAL, "excludes nothing");
	matrix->nr_arms = kept;
	return 0;
}

int arms_axes_parse(struct json_object *root, const struct spec *base, struct matrix *ret,
                    struct err *err)
{
	struct json_object *axes_json = NULL, *list = NULL;
	struct axes axes = { 0 };
	int rc;

	json_object_object_get_ex(root, "axes", &axes_json);
	rc = parse_axes(axes_json, base, &axes, err);
	if (!rc)
		rc = cross_axes(base, &axes, ret, err);
	if (rc < 0)
		return err_in(err, "axes");
	if (!json_object_object_get_ex(root, "exclude", &list))
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return err_set(err, EINVAL, "exclude is no list");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		rc = exclude(json_object_array_get_idx(list, i), ret, base->pairs, err);
		if (rc < 0)
			return err_in(err, "exclude[%zu]", i);
	}
	return 0;
}
