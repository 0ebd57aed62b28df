/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measured.h - which workloads of a sweep have a value of a primary figure in any arm, and why the others have none.
 */
#ifndef LAUNCHER_MEASURED_H
#define LAUNCHER_MEASURED_H

#include <stdbool.h>

#define MEASURED_MAX 32 /* workloads of the catalog */

struct course;
struct json_object;

struct measured {
	struct {
		bool has_value;
		char why[512]; /* the first reason; "" where no line said one */
	} workload[MEASURED_MAX];
};

/* A result line, new or of the file that is gone on with. */
void measured_take(struct measured *measured, struct json_object *line);
/* The first workload of this course's own steps that no line has a value of, and its first reason; NULL: none. */
const char *measured_missing(const struct measured *measured, const struct course *course,
                             const char **ret_why);

#endif
