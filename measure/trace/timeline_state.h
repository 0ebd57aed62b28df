/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_state.h - what is open on a timeline: slices by thread, requests by their address.
 */
#ifndef MEASURE_TIMELINE_STATE_H
#define MEASURE_TIMELINE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "timeline.h"

#define TIMELINE_LANES 1024 /* requests of a thread at once */

struct thread_state {
	pid_t tid;
	bool ours, open[NR_TRACKS], seen[NR_TRACKS];
	uint64_t busy[TIMELINE_LANES / 64]; /* a bit a lane */
	int lanes_seen;
};

struct timeline_state {
	void *threads, *requests; /* trees of tsearch(3) */
};

struct thread_state *state_find(const struct timeline_state *state, pid_t tid); /* or NULL */
struct thread_state *state_get(struct timeline_state *state, pid_t tid); /* NULL: no memory */
/* The lowest free lane; -ENOSPC: all are busy, and this request is not drawn; -ENOMEM. */
int state_begin_request(struct timeline_state *state, uint64_t id, struct thread_state *thread)
        MUST_CHECK;
bool state_end_request(struct timeline_state *state, uint64_t id, pid_t *ret_tid, int *ret_lane)
        MUST_CHECK;
void state_done(struct timeline_state *state);

#endif
