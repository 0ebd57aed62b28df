/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_marks.h - the moments that stand in a trace besides its events, in the order of time.
 */
#ifndef LAUNCHER_TRACE_MARKS_H
#define LAUNCHER_TRACE_MARKS_H

#include <stdint.h>

#include "timeline.h"

#define TRACE_MARKS_MAX 4

struct json_object;
struct target;

struct trace_marks {
	struct trace_mark mark[TRACE_MARKS_MAX];
	int nr;
};

/* qload's own moments on the host's clock; `about`, the line's trace, gets how a guest's clock relates to it, or why
 * that is not known. */
void trace_marks_place(struct trace_marks *ret, const struct target *target,
                       struct json_object *about);
/* From at_ns on events are missing, though the window went on. */
void trace_marks_add_end(struct trace_marks *marks, int64_t at_ns, int64_t limit_bytes);

#endif
