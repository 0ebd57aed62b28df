/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_marks.c - a short sorted list, and its words.  Joins qload's moments and the host's clock. */
#include "trace_marks.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "marks.h"
#include "target.h"
#include "text.h"

static struct trace_mark *add(struct trace_marks *marks, const char *name, int64_t at_ns)
{
	int at = marks->nr++;

	for (; at && marks->mark[at - 1].ts_ns > at_ns; at--)
		marks->mark[at] = marks->mark[at - 1];
	marks->mark[at] = (struct trace_mark){ .ts_ns = at_ns, .name = name };
	return &marks->mark[at];
}

/* load_ns by its own clock, host_ns by the host's.  clock: how a guest's relates to the host's at this moment; NULL
 * natively, where there is but one. */
static void add_moment(struct trace_marks *marks, const char *name, int64_t host_ns,
                       int64_t load_ns, const struct load_clock *clock)
{
	struct trace_mark *mark = add(marks, name, host_ns);

	if (clock)
		snprintf(mark->text, sizeof(mark->text),
		         "guest's clock %" PRId64 " ns, the host's is %" PRId64 " ns ahead of it, "
		         "within %" PRId64 " ns",
		         load_ns, clock->offset_ns, clock->bound_ns + clock->drift_ns);
	else
		text_copy(mark->text, sizeof(mark->text), "by qload's clock, which is the host's");
}

/* qload's own moments on the host's clock.  Natively it is the same clock. */
void trace_marks_place(struct trace_marks *ret, const struct target *target,
                       struct json_object *about)
{
	const struct marks *marks = &target->marks;
	struct load_clock clock = { 0 }, at_go; /* the same, before it drifted */
	int64_t done_ns;
	struct err why;

	if (!target->channel)
		return; /* a user's own VM says nothing */
	if (target->guest && marks_clock(marks, &clock, &why)) {
		json_object_object_add(about, "guest_clock_why", json_object_new_string(why.text));
		return;
	}
	if (!marks->has_ready || !marks->has_go)
		return;
	if (target->guest) {
		json_object_object_add(about, "guest_clock_offset_ns",
		                       json_object_new_int64(clock.offset_ns));
		json_object_object_add(about, "guest_clock_bound_ns",
		                       json_object_new_int64(clock.bound_ns));
		json_object_object_add(about, "guest_clock_drift_ns",
		                       json_object_new_int64(clock.drift_ns));
	}
	at_go = clock;
	at_go.drift_ns = 0;
	add_moment(ret, "ready", marks->load_ready_ns + clock.offset_ns, marks->load_ready_ns,
	           target->guest ? &at_go : NULL);
	add_moment(ret, "go", marks->load_go_ns + clock.offset_ns, marks->load_go_ns,
	           target->guest ? &at_go : NULL);
	done_ns = marks->load_done_ns + clock.offset_ns;
	add_moment(ret, "done", done_ns < marks->done_ns ? done_ns : marks->done_ns,
	           marks->load_done_ns, target->guest ? &clock : NULL);
}

void trace_marks_add_end(struct trace_marks *marks, int64_t at_ns, int64_t limit_bytes)
{
	struct trace_mark *mark = add(marks, "the trace ends early", at_ns);

	snprintf(mark->text, sizeof(mark->text),
	         "%" PRId64 " KiB of events are full, see --trace-limit: from here on some are "
	         "missing, then all",
	         limit_bytes >> 10);
}
