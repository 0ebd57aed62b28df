/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json.h - a timeline as Chrome's trace-event JSON, which Perfetto opens.  Pure: events in, text out.
 *
 * One process is the traced one: a track a thread, a slice while it runs.  "guest mode" and "I/O" are two more, with
 * the same threads: slices cross, and a track must nest.
 */
#ifndef MEASURE_TRACE_JSON_H
#define MEASURE_TRACE_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "err.h"

struct timeline_facts;
struct trace_event;
struct trace_json;

/* out and facts are borrowed. */
int trace_json_begin(FILE *out, const struct timeline_facts *facts, struct trace_json **ret,
                     struct err *err) MUST_CHECK;
/* see() of trace_read().  -EIO where the file cannot be written. */
int trace_json_event(void *json, const struct trace_event *event);
int trace_json_end(struct trace_json *json, uint64_t *ret_events, struct err *err) MUST_CHECK;
void trace_json_close(struct trace_json **json); /* CLEANUP */

#endif
