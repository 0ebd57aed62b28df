/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json.h - a timeline as Chrome's trace-event JSON, which Perfetto opens.  Pure: events in, text out.
 *
 * One process is the traced one: a track a thread, a slice while it runs.  "guest mode" and "I/O" are two more, with
 * the same threads: slices cross, and a track must nest.
 */
#ifndef MEASURE_TRACE_JSON_H
#define MEASURE_TRACE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "err.h"

struct trace_event;

struct trace_thread {
	pid_t tid;
	char name[64];
};

/* A moment that the load or qlaunch knows: "ready", "go", "done". */
struct trace_mark {
	int64_t ts_ns;
	const char *name;
	char text[160]; /* "" or words about it */
};

struct trace_json {
	FILE *out;
	pid_t pid;
	const struct trace_thread *threads; /* borrowed; any order */
	int nr_threads;
	const struct trace_mark *marks; /* borrowed; sorted by time */
	int nr_marks;
	int next_mark;
	bool began;
	uint64_t last_ns; /* never goes back */
	uint64_t nr_events;
};

/* about: a JSON object's text, of words about the whole. */
void trace_json_begin(struct trace_json *json, const char *about);
/* see() of trace_read().  -EIO where the file cannot be written. */
int trace_json_event(void *json, const struct trace_event *event);
int trace_json_end(struct trace_json *json, struct err *err) MUST_CHECK;

#endif
