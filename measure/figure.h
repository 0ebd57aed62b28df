/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figure.h - one measured number as it goes into a result line:
 *   "NAME": {"value": number|null, "unit": "...", "better": "higher|lower|none", "why": "... when null",
 *           "by_why": "... when only parts are null", "by": {...}}
 * Unknown is null with a reason, never 0.
 */
#ifndef MEASURE_FIGURE_H
#define MEASURE_FIGURE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum better { BETTER_NONE, BETTER_LOWER, BETTER_HIGHER };

/* Adds a figure to the object `figures` and returns it (borrowed), for figure_by(). */
struct json_object *figure_put(struct json_object *figures, const char *name, const char *unit,
                               enum better better, double value);
struct json_object *figure_put_count(struct json_object *figures, const char *name,
                                     enum better better,
                                     uint64_t value); /* unit "1", an exact integer */
struct json_object *figure_none(struct json_object *figures, const char *name, const char *unit,
                                enum better better, const char *why);
/* The value is a lower bound, for this reason: "at_least": the reason.  Before any part. */
void figure_at_least(struct json_object *figure, const char *why);
/* A part: by["vcpu/0"] = value.  NaN, by a division: null. */
void figure_by(struct json_object *figure, const char *key, double value);
/* A part that is not known.  The first one's reason is the figure's "by_why", unless the whole has a "why". */
void figure_by_none(struct json_object *figure, const char *key, const char *why);
/* One of both: NaN is a value that is not known. */
void figure_part(struct json_object *figure, const char *key, double value, const char *why);
/* Of rows that are summed up by a text (threads by their role): is row i the first that has its own?  text: row 0's;
 * step: bytes from row to row. */
bool figure_is_first(const char *text, size_t step, int i);

#endif
