/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_state.c - two search trees and a bitmap of lanes a thread. */
#include "timeline_state.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "cleanup.h"

struct request {
	uint64_t id;
	struct thread_state *thread; /* that submitted it */
	int lane;
};

static int compare_threads(const void *a, const void *b)
{
	const struct thread_state *one = a, *other = b;

	return (one->tid > other->tid) - (one->tid < other->tid);
}

static int compare_requests(const void *a, const void *b)
{
	const struct request *one = a, *other = b;

	return (one->id > other->id) - (one->id < other->id);
}

struct thread_state *state_find(const struct timeline_state *state, pid_t tid)
{
	const struct thread_state key = { .tid = tid };
	void *found = tfind(&key, &state->threads, compare_threads);

	return found ? *(struct thread_state **)found : NULL;
}

struct thread_state *state_get(struct timeline_state *state, pid_t tid)
{
	struct thread_state *thread = state_find(state, tid);

	if (thread)
		return thread;
	thread = calloc(1, sizeof(*thread));
	if (!thread)
		return NULL;
	thread->tid = tid;
	if (!tsearch(thread, &state->threads, compare_threads)) {
		free(thread);
		return NULL;
	}
	return thread;
}

static int free_lane(const struct thread_state *thread)
{
	for (int word = 0; word < (int)ARRAY_SIZE(thread->busy); word++) {
		if (~thread->busy[word])
			return word * 64 + __builtin_ctzll(~thread->busy[word]);
	}
	return -ENOSPC;
}

int state_begin_request(struct timeline_state *state, uint64_t id, struct thread_state *thread)
{
	int lane = free_lane(thread);
	struct request *request;

	if (lane < 0)
		return lane;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	*request = (struct request){ id, thread, lane };
	if (!tsearch(request, &state->requests, compare_requests)) {
		free(request);
		return -ENOMEM;
	}
	thread->busy[lane / 64] |= UINT64_C(1) << (lane % 64);
	return lane;
}

bool state_end_request(struct timeline_state *state, uint64_t id, pid_t *ret_tid, int *ret_lane)
{
	const struct request key = { .id = id };
	void *found = tfind(&key, &state->requests, compare_requests);
	struct request *request;

	if (!found)
		return false;
	request = *(struct request **)found;
	tdelete(&key, &state->requests, compare_requests);
	request->thread->busy[request->lane / 64] &= ~(UINT64_C(1) << (request->lane % 64));
	*ret_tid = request->thread->tid;
	*ret_lane = request->lane;
	free(request);
	return true;
}

void state_done(struct timeline_state *state)
{
	tdestroy(state->threads, free);
	tdestroy(state->requests, free);
	*state = (struct timeline_state){ 0 };
}
