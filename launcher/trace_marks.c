/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_marks.c - a short sorted list, and its words. */
#include "trace_marks.h"

#include <inttypes.h>
#include <stdio.h>

#include "marks.h"
#include "text.h"

static struct trace_mark *add(struct trace_marks *marks, const char *name, int64_t at_ns)
{
	int at = marks->nr++;

	for (; at && marks->mark[at - 1].ts_ns > at_ns; at--)
		marks->mark[at] = marks->mark[at - 1];
	marks->mark[at] = (struct trace_mark){ .ts_ns = at_ns, .name = name };
	return &marks->mark[at];
}

void trace_marks_add(struct trace_marks *marks, const char *name, int64_t host_ns, int64_t load_ns,
                     const struct load_clock *clock)
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

void trace_marks_add_end(struct trace_marks *marks, int64_t at_ns, int64_t limit_bytes)
{
	struct trace_mark *mark = add(marks, "the trace ends early", at_ns);

	snprintf(mark->text, sizeof(mark->text),
	         "%" PRId64 " KiB of events are full, see --trace-limit: from here on some are "
	         "missing, then all",
	         limit_bytes >> 10);
}
