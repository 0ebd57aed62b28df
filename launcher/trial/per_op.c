/* SPDX-License-Identifier: GPL-2.0-or-later */
/* per_op.c - divides by the work done.  Counts nothing itself. */
#include "per_op.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "err.h" /* ARRAY_SIZE */
#include "figure.h"
#include "figure_table.h"
#include "json.h"

/* Operations while the total was counted: a window that opened 1 % earlier holds 1 % more of them. */
static double ops_of(const struct work *work, const struct figure_row *row)
{
	const double seconds[] = { [FIGURE_OF_HOST] = work->host_s,
		                   [FIGURE_OF_LOAD] = work->load_s,
		                   [FIGURE_OF_KVM] = work->kvm_s };

	return (double)work->ops * seconds[row->window] / work->load_s;
}

static const char *text_of(struct json_object *figure, const char *key)
{
	return json_object_get_string(json_object_object_get(figure, key));
}

static void put_parts(struct json_object *total, double factor, struct json_object *figure)
{
	struct json_object *by;

	if (!json_object_object_get_ex(total, "by", &by))
		return;
	json_object_object_foreach(by, key, part) {
		if (part)
			figure_by(figure, key, json_object_get_double(part) * factor);
		else
			figure_by_none(figure, key, text_of(total, "by_why"));
	}
}

static void put_one(const struct work *work, const struct figure_row *row,
                    struct json_object *total, struct json_object *figures)
{
	static const char *const marks[] = { "share", "at_least" };
	const struct figure_match match = { row, true };
	const char *unit = figure_table_unit(&match);
	struct json_object *value = json_object_object_get(total, "value"), *mark, *figure;
	double factor = (row->per_op_scale > 0 ? row->per_op_scale : 1) / ops_of(work, row);
	char why[80];

	snprintf(why, sizeof(why), "the load did no %s in the window", work->op);
	if (!value || !work->ops) {
		figure_none(figures, row->per_op, unit, BETTER_LOWER,
		            value ? why : text_of(total, "why"));
		return;
	}
	figure = figure_put(figures, row->per_op, unit, BETTER_LOWER,
	                    json_object_get_double(value) * factor);
	/* what the total says of itself holds for its part too */
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (json_object_object_get_ex(total, marks[i], &mark))
			json_object_object_add(figure, marks[i], json_object_get(mark));
	}
	put_parts(total, factor, figure);
}

/* What --events counts has no row of its own: a total without a direction that no row knows. */
static void put_event(const struct work *work, const char *name, struct json_object *total,
                      struct json_object *figures)
{
	const char *unit = text_of(total, "unit"), *better = text_of(total, "better");
	struct figure_row row;
	char per_op[128];

	if (figure_table_find(name).row || strcmp(better, "none") ||
	    snprintf(per_op, sizeof(per_op), "%s" FIGURE_PER_OP, name) >= (int)sizeof(per_op))
		return;
	row = figure_table_event(name, per_op, !strcmp(unit, "s"));
	put_one(work, &row, total, figures);
}

void per_op_figures(const struct work *work, struct json_object *figures)
{
	CLEANUP(json_done) struct json_object *of_events = json_object_new_object();
	const struct figure_row *row;
	struct json_object *total;

	for (size_t i = 0; (row = figure_table_at(i)); i++) {
		if (row->per_op && json_object_object_get_ex(figures, row->name, &total))
			put_one(work, row, total, figures);
	}
	json_object_object_foreach(figures, name, figure) {
		put_event(work, name, figure, of_events);
	}
	json_object_object_foreach(of_events, per_op, part) {
		json_object_object_add(figures, per_op, json_object_get(part));
	}
}
