/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result.h - one result line (schema qlaunch.result/1).  The file it goes to is result_file.h's.
 */
#ifndef LAUNCHER_RESULT_H
#define LAUNCHER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "spec.h"

struct json_object;
struct placed;
struct plan;
struct spec;

/* What identifies a line. */
struct result_key {
	const char *arm, *workload;
	int block, repeat, order;
	uint64_t seed;
	const char *baseline; /* the named arm, or the first */
	int arm_order;        /* position of the arm in the plan */
	int boot_group; /* arms with the same number share each block's VM; -1: native, no boot at all */
	const char
	        *control_of; /* the arm that this one repeats under another name (A/A), or NULL */
	const char *primary; /* the workload's primary figure */
};

/* schema, key, started, spec, host (borrowed); the rest is the trial's. */
struct json_object *result_new(struct json_object *host, const struct result_key *key,
                               const struct spec *spec);
/* What the plan decided where the spec left it open: vcpus, cpu, machine, iothreads, aio, queues;
 * and the cache of what this line is about, the scratch or the user's disks. */
void result_plan(struct json_object *line, const struct plan *plan, enum cache cache);
/* threads[]: want and got of each, as the kernel says it. */
void result_threads(struct json_object *line, const struct placed *placed, int nr);
void placed_free(struct placed **placed); /* CLEANUP */
void result_warn(struct json_object *line, const char *fmt, ...) PRINTF(2, 3);

#endif
