/* SPDX-License-Identifier: GPL-2.0-or-later */
/* figure.c - the shape of a measured number in a result line.  Knows no source of numbers. */
#include "figure.h"

#include <math.h>
#include <stddef.h>

static const char *better_name(enum better better)
{
	switch (better) {
	case BETTER_LOWER:
		return "lower";
	case BETTER_HIGHER:
		return "higher";
	default:
		return "none";
	}
}

/* JSON knows neither NaN nor infinity: such a value is unknown. */
static struct json_object *number(double value)
{
	return isfinite(value) ? json_object_new_double(value) : NULL;
}

static struct json_object *put(struct json_object *figures, const char *name, const char *unit,
                               enum better better, struct json_object *value, const char *why)
{
	struct json_object *figure = json_object_new_object();

	json_object_object_add(figure, "value", value);
	json_object_object_add(figure, "unit", json_object_new_string(unit));
	json_object_object_add(figure, "better", json_object_new_string(better_name(better)));
	if (!value)
		json_object_object_add(figure, "why", json_object_new_string(why));
	json_object_object_add(figures, name, figure);
	return figure;
}

struct json_object *figure_put(struct json_object *figures, const char *name, const char *unit,
                               enum better better, double value)
{
	return put(figures, name, unit, better, number(value),
	           "not a number: something was divided by zero");
}

struct json_object *figure_put_count(struct json_object *figures, const char *name,
                                     enum better better, uint64_t value)
{
	return put(figures, name, "1", better, json_object_new_uint64(value), NULL);
}

struct json_object *figure_none(struct json_object *figures, const char *name, const char *unit,
                                enum better better, const char *why)
{
	return put(figures, name, unit, better, NULL, why ? why : "not known");
}

void figure_by(struct json_object *figure, const char *key, double value)
{
	struct json_object *by;

	if (!json_object_object_get_ex(figure, "by", &by)) {
		by = json_object_new_object();
		json_object_object_add(figure, "by", by);
	}
	json_object_object_add(by, key, number(value));
}
