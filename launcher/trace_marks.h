/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_marks.h - the moments that stand in a trace besides its events, in the order of time.
 */
#ifndef LAUNCHER_TRACE_MARKS_H
#define LAUNCHER_TRACE_MARKS_H

#include <stdint.h>

#include "timeline.h"

#define TRACE_MARKS_MAX 4

struct load_clock;

struct trace_marks {
	struct trace_mark mark[TRACE_MARKS_MAX];
	int nr;
};

/* A moment of qload's: load_ns by its own clock, host_ns by the host's.  clock: how a guest's relates to the host's at
 * this moment; NULL natively, where there is but one. */
void trace_marks_add(struct trace_marks *marks, const char *name, int64_t host_ns, int64_t load_ns,
                     const struct load_clock *clock);
/* From at_ns on events are missing, though the window went on. */
void trace_marks_add_end(struct trace_marks *marks, int64_t at_ns, int64_t limit_bytes);

#endif
