/* SPDX-License-Identifier: GPL-2.0-or-later */
/* figure.c - the shape of a measured number in a result line.  Knows no source of numbers. */
#include "figure.h"

#include <math.h>
#include <string.h>

static const char divided[] = "not a number: something was divided by zero";

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
	return put(figures, name, unit, better, number(value), divided);
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

void figure_at_least(struct json_object *figure, const char *why)
{
	json_object_object_add(figure, "at_least", json_object_new_string(why));
}

static struct json_object *parts_of(struct json_object *figure)
{
	struct json_object *by;

	if (!json_object_object_get_ex(figure, "by", &by)) {
		by = json_object_new_object();
		json_object_object_add(figure, "by", by);
	}
	return by;
}

void figure_by(struct json_object *figure, const char *key, double value)
{
	if (isfinite(value))
		json_object_object_add(parts_of(figure), key, number(value));
	else
		figure_by_none(figure, key, divided);
}

/* Readers know the lines of a sweep by what stands before "by": it comes last. */
void figure_by_none(struct json_object *figure, const char *key, const char *why)
{
	struct json_object *by = json_object_get(parts_of(figure));

	json_object_object_add(by, key, NULL);
	if (!json_object_object_get_ex(figure, "why", NULL) &&
	    !json_object_object_get_ex(figure, "by_why", NULL)) {
		json_object_object_del(figure, "by");
		json_object_object_add(figure, "by_why", json_object_new_string(why));
		json_object_object_add(figure, "by", json_object_get(by));
	}
	json_object_put(by);
}

void figure_part(struct json_object *figure, const char *key, double value, const char *why)
{
	if (isnan(value))
		figure_by_none(figure, key, why);
	else
		figure_by(figure, key, value);
}

bool figure_is_first(const char *text, size_t step, int i)
{
	const char *own = text + step * (size_t)i;

	for (const char *other = text; other != own; other += step) {
		if (!strcmp(other, own))
			return false;
	}
	return true;
}
