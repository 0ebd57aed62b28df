/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result.h - one result line (schema qlaunch.result/1) and the file it goes to.  A line is appended whole, with one
 * write, and fsynced; a torn last line of an older run is ended first, so that readers can drop it.
 */
#ifndef LAUNCHER_RESULT_H
#define LAUNCHER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct json_object;
struct placed;
struct session;
struct spec;

struct result_file {
	int fd;
	char path[4096]; /* "-" for stdout */
	bool made;       /* by us: left empty, it goes again */
};

/* What identifies a line. */
struct result_key {
	const char *arm, *workload;
	int block, repeat, order;
	uint64_t seed;
	const char *baseline; /* the named arm, or the first */
	int arm_order;        /* position of the arm in the plan */
	const char *primary;  /* the workload's primary figure */
};

/* path NULL: the state folder's results/DATE-TIME-COMMAND.jsonl.  "-": stdout. */
int result_file_open(const char *path, const char *command, struct result_file *ret,
                     struct err *err) MUST_CHECK;
void result_file_close(struct result_file *file);
int result_append(struct result_file *file, struct json_object *line, struct err *err) MUST_CHECK;

/* schema, key, started, spec, host; the rest is the trial's. */
struct json_object *result_new(const struct session *session, const struct result_key *key,
                               const struct spec *spec);
/* threads[]: want and got of each, as the kernel says it. */
void result_threads(struct json_object *line, const struct placed *placed, int nr);
void placed_free(struct placed **placed); /* CLEANUP */
void result_warn(struct json_object *line, const char *fmt, ...) PRINTF(2, 3);

#endif
