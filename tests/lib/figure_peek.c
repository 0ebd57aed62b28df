/* SPDX-License-Identifier: GPL-2.0-or-later */
/* figure_peek.c - looks into figures for the tests of measure. */
#include "figure_peek.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json.h"

struct json_object *figure_of(struct json_object *figures, const char *name)
{
	struct json_object *ret = NULL;
	struct err err = { 0 };

	if (json_get_object(figures, "figures", name, &ret, &err))
		fail_msg("%s", err.text);
	return ret;
}

double value(struct json_object *figures, const char *name, const char *by)
{
	struct json_object *o = figure_of(figures, name), *parts;
	double ret = NAN;

	if (by) {
		if (json_get_object(o, name, "by", &parts, NULL) ||
		    json_get_double(parts, name, by, &ret, NULL))
			return NAN;
		return ret;
	}
	return json_get_double(o, name, "value", &ret, NULL) ? NAN : ret;
}

const char *why(struct json_object *figures, const char *name)
{
	struct json_object *o = figure_of(figures, name);
	const char *ret = "";

	assert_true(isnan(value(figures, name, NULL)));
	assert_int_equal(json_get_string(o, name, "why", &ret, NULL), 0);
	return ret;
}

bool near(double a, double b)
{
	return fabs(a - b) <= fabs(b) * 1e-9;
}
