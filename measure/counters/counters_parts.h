/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters_parts.h - inside of counters.h: who opens and who makes figures share these.
 */
#ifndef MEASURE_COUNTERS_PARTS_H
#define MEASURE_COUNTERS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "events.h"
#include "reading.h"

/* One event on one thread. */
struct counter {
	int fd;  /* -1: not open */
	int why; /* a positive errno where it should have been open; 0: it has no business there */
	bool leads;
	bool is_read;
	struct reading reading;
};

struct counters {
	struct event_set set;
	int nr;
	struct counters_thread *thread;
	struct counter *counter; /* [thread][event], set.nr a row */
	bool user_only, no_pmu;
	long files_wanted, files_left; /* at the first group that did not fit; 0: all did */
	double share;
};

static inline struct counter *counter_at(const struct counters *counters, int thread, int event)
{
	return &counters->counter[thread * counters->set.nr + event];
}

/* Why the kernel did not open it, in words. */
void counters_explain(const struct counters *counters, const struct event *event, int why,
                      char *buf, size_t size);

#endif
