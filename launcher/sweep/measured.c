/* SPDX-License-Identifier: GPL-2.0-or-later */
/* measured.c - result lines -> is there a value of each workload? */
#include "measured.h"

#include <string.h>

#include "catalog.h"
#include "course.h"
#include "err.h"
#include "json.h"
#include "matrix.h"
#include "text.h"

static int index_of(const char *name)
{
	for (int i = 0; i < MEASURED_MAX && workload_at(i); i++) {
		if (!strcmp(workload_at(i)->name, name))
			return i;
	}
	return -1;
}

/* Whether one of the primary figures has a value; else *ret_why is the first one's reason, where it has one. */
static bool has_value(struct json_object *line, const char *primary, const char **ret_why)
{
	struct json_object *figures, *figure;
	struct err ignored;

	if (json_get_object(line, "line", "figures", &figures, &ignored))
		return false;
	while (*primary) {
		size_t len = strcspn(primary, " ");
		char name[64];
		double value;

		text_copy(name, len + 1 < sizeof(name) ? len + 1 : sizeof(name), primary);
		primary += len + !!primary[len];
		if (json_get_object(figures, "figures", name, &figure, &ignored))
			continue;
		if (!json_get_double(figure, name, "value", &value, &ignored))
			return true;
		if (!*ret_why && json_get_string(figure, name, "why", ret_why, &ignored))
			*ret_why = NULL;
	}
	return false;
}

void measured_take(struct measured *measured, struct json_object *line)
{
	const char *name, *why = NULL;
	struct err ignored;
	int i;

	if (json_get_string(line, "line", "workload", &name, &ignored) || (i = index_of(name)) < 0)
		return;
	if (json_get_string(line, "line", "error", &why, &ignored) &&
	    has_value(line, workload_at(i)->primary, &why))
		measured->workload[i].has_value = true;
	else if (why && !measured->workload[i].why[0])
		text_copy(measured->workload[i].why, sizeof(measured->workload[i].why), why);
}

const char *measured_missing(const struct measured *measured, const struct course *course,
                             const char **ret_why)
{
	for (int at = 0; at < course->nr; at++) {
		const struct step *step = &course->step[at];
		const char *name = course->matrix->arm[step->arm].spec.workload[step->workload];
		int i = index_of(name);

		if (course->state[at] == STEP_ELSEWHERE || i < 0 || measured->workload[i].has_value)
			continue;
		*ret_why = measured->workload[i].why[0] ? measured->workload[i].why
		                                        : "no trial of it was run";
		return name;
	}
	return NULL;
}
