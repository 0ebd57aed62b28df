/* SPDX-License-Identifier: GPL-2.0-or-later */
/* figure_peek.h - a figure's value, part or reason; a missing figure fails the test. */
#ifndef TESTS_FIGURE_PEEK_H
#define TESTS_FIGURE_PEEK_H

#include <stdbool.h>

struct json_object;

struct json_object *figure_of(struct json_object *figures, const char *name);
/* by NULL: the whole.  NaN where it is null or not there. */
double value(struct json_object *figures, const char *name, const char *by);
/* Of a figure that must be null. */
const char *why(struct json_object *figures, const char *name);
bool near(double a, double b);

#endif
