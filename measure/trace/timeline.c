/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline.c - remembers what is open on which track; knows no format. */
#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "exit_names.h"
#include "timeline_state.h"
#include "trace_read.h"

const char *const timeline_categories[] = {
	[TRACK_CPU] = "sched",        [TRACK_GUEST] = "kvm", [TRACK_CALL] = "syscall",
	[TRACK_REQUEST] = "io_uring", [TRACK_MARK] = "mark",
};

struct timeline {
	const struct timeline_facts *facts;
	void (*see)(void *arg, const struct timeline_row *row);
	void *arg;
	struct timeline_state state;
	int next_mark;
	bool marked;
	uint64_t last_ns, nr_events;
	int failed;
};

static struct thread_state *find_thread(struct timeline *timeline, pid_t tid)
{
	return state_find(&timeline->state, tid);
}

static struct thread_state *get_thread(struct timeline *timeline, pid_t tid)
{
	struct thread_state *thread = state_get(&timeline->state, tid);

	if (!thread)
		timeline->failed = -ENOMEM;
	return thread;
}

int timeline_open(const struct timeline_facts *facts,
                  void (*see)(void *arg, const struct timeline_row *row), void *arg,
                  struct timeline **ret, struct err *err)
{
	CLEANUP(timeline_close) struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return err_set(err, ENOMEM, "out of memory");
	timeline->facts = facts;
	timeline->see = see;
	timeline->arg = arg;
	for (int i = 0; i < facts->nr_threads; i++) {
		struct thread_state *thread = get_thread(timeline, facts->threads[i].tid);

		if (!thread)
			return err_set(err, ENOMEM, "out of memory");
		thread->ours = true;
	}
	*ret = STEAL(&timeline);
	return 0;
}

/* CPUs' clocks may be a little apart: time stands still then. */
static void put(struct timeline *timeline, struct timeline_row *row, uint64_t ts_ns)
{
	if (ts_ns > timeline->last_ns)
		timeline->last_ns = ts_ns;
	row->ts_ns = timeline->last_ns;
	timeline->see(timeline->arg, row);
}

static void put_moment(struct timeline *timeline, struct timeline_row *row, uint64_t ts_ns)
{
	row->track = TRACK_MARK;
	row->phase = ROW_MOMENT;
	row->first = !timeline->marked;
	timeline->marked = true;
	put(timeline, row, ts_ns);
}

static void put_marks(struct timeline *timeline, uint64_t until_ns)
{
	const struct timeline_facts *facts = timeline->facts;

	while (timeline->next_mark < facts->nr_marks &&
	       facts->marks[timeline->next_mark].ts_ns <= (int64_t)until_ns) {
		const struct trace_mark *mark = &facts->marks[timeline->next_mark++];
		struct timeline_row row = {
			.name = mark->name,
			.arg = { { "text", mark->text, sizeof(mark->text), 0 } },
			.nr_args = 1,
		};

		put_moment(timeline, &row, mark->ts_ns > 0 ? (uint64_t)mark->ts_ns : 0);
	}
}

static void put_lost(struct timeline *timeline, const struct trace_event *event)
{
	struct timeline_row row = {
		.name = "events lost",
		.arg = { { "cpu", NULL, 0, event->cpu }, { "events", NULL, 0, event->missed } },
		.nr_args = event->missed > 0 ? 2 : 1,
	};

	if (event->missed)
		put_moment(timeline, &row, event->ts_ns);
}

static void end(struct timeline *timeline, struct thread_state *thread, struct timeline_row *row,
                uint64_t ts_ns)
{
	if (!thread->open[row->track])
		return;
	thread->open[row->track] = false;
	row->phase = ROW_END;
	row->tid = thread->tid;
	row->name = NULL;
	put(timeline, row, ts_ns);
}

static void begin(struct timeline *timeline, struct thread_state *thread, struct timeline_row *row,
                  uint64_t ts_ns)
{
	struct timeline_row left_open = { .track = row->track };

	end(timeline, thread, &left_open, ts_ns);
	thread->open[row->track] = true;
	row->phase = ROW_BEGIN;
	row->tid = thread->tid;
	row->first = !thread->seen[row->track];
	thread->seen[row->track] = true;
	put(timeline, row, ts_ns);
}

/* The kernel's bits, as sched_switch reports them. */
static const char *state_word(uint64_t state)
{
	switch (state & 0xff) {
	case 0:
		return "preempted or yielding";
	case 1:
		return "sleeping";
	case 2:
		return "blocked";
	case 0x10:
	case 0x20:
		return "ended";
	case 0x80:
		return "idle";
	}
	return "stopped";
}

static void on_switch(struct timeline *timeline, const struct trace_event *event)
{
	struct thread_state *left = find_thread(timeline, event->tid);
	struct thread_state *came = find_thread(timeline, event->other);
	char name[24];

	snprintf(name, sizeof(name), "CPU %d", event->cpu);
	if (left && left->ours) {
		struct timeline_row before = { .track = TRACK_CPU, .name = name };
		struct timeline_row row = {
			.track = TRACK_CPU,
			.arg = { { "left", state_word(event->value), 64, 0 },
			         { "next_tid", NULL, 0, event->other },
			         { "next", event->other_comm, TRACE_COMM_MAX, 0 } },
			.nr_args = 3,
		};

		if (!left->open[TRACK_CPU]) /* it ran already when recording began */
			begin(timeline, left, &before, event->ts_ns);
		end(timeline, left, &row, event->ts_ns);
	}
	if (came && came->ours) {
		struct timeline_row row = {
			.track = TRACK_CPU,
			.name = name,
			.arg = { { "prev_tid", NULL, 0, event->tid },
			         { "prev", event->comm, TRACE_COMM_MAX, 0 } },
			.nr_args = 2,
		};

		begin(timeline, came, &row, event->ts_ns);
	}
}

static void on_wakeup(struct timeline *timeline, const struct trace_event *event)
{
	struct thread_state *woken = find_thread(timeline, event->other);
	struct timeline_row row = {
		.track = TRACK_CPU,
		.phase = ROW_MOMENT,
		.tid = event->other,
		.name = "woken",
		.arg = { { "by_tid", NULL, 0, event->tid } },
		.nr_args = 1,
	};

	if (!woken || !woken->ours)
		return;
	row.first = !woken->seen[TRACK_CPU];
	woken->seen[TRACK_CPU] = true;
	put(timeline, &row, event->ts_ns);
}

static void on_exit_or_entry(struct timeline *timeline, const struct trace_event *event)
{
	struct thread_state *thread = get_thread(timeline, event->tid);
	struct timeline_row row = { .track = TRACK_GUEST, .nr_args = 1 };
	const char *known;
	char name[24];

	if (!thread)
		return;
	if (event->kind == TRACE_ENTRY) {
		row.name = "guest";
		row.arg[0] = (struct timeline_arg){ "vcpu", NULL, 0, (int64_t)event->value };
	} else {
		known = exit_name(event->isa, (unsigned int)event->value);
		snprintf(name, sizeof(name), "exit 0x%" PRIx64, event->value);
		row.name = known ? known : name;
		row.arg[0] = (struct timeline_arg){ "reason", NULL, 0, (int64_t)event->value };
	}
	begin(timeline, thread, &row, event->ts_ns);
}

static void on_call(struct timeline *timeline, const struct trace_event *event)
{
	struct thread_state *thread = get_thread(timeline, event->tid);
	struct timeline_row row = { .track = TRACK_CALL, .name = event->name };

	if (thread)
		begin(timeline, thread, &row, event->ts_ns);
}

static void on_return(struct timeline *timeline, const struct trace_event *event)
{
	struct thread_state *thread = find_thread(timeline, event->tid);
	struct timeline_row row = {
		.track = TRACK_CALL,
		.arg = { { "result", NULL, 0, event->result } },
		.nr_args = 1,
	};

	if (thread)
		end(timeline, thread, &row, event->ts_ns);
}

static void end_request(struct timeline *timeline, const struct trace_event *event, int nr_args)
{
	struct timeline_row row = {
		.track = TRACK_REQUEST,
		.phase = ROW_END,
		.id = event->value,
		.arg = { { "result", NULL, 0, event->result } },
		.nr_args = nr_args,
	};

	/* not known: it was submitted before the first event */
	if (state_end_request(&timeline->state, event->value, &row.tid, &row.lane))
		put(timeline, &row, event->ts_ns);
}

static void on_submit(struct timeline *timeline, const struct trace_event *event)
{
	struct thread_state *thread = get_thread(timeline, event->tid);
	struct timeline_row row = {
		.track = TRACK_REQUEST,
		.phase = ROW_BEGIN,
		.tid = event->tid,
		.id = event->value,
		.name = "request",
	};

	end_request(timeline, event, 0); /* its end was lost: the kernel uses the address again */
	if (!thread)
		return;
	row.lane = state_begin_request(&timeline->state, event->value, thread);
	if (row.lane == -ENOMEM)
		timeline->failed = -ENOMEM;
	if (row.lane < 0)
		return;
	row.first = row.lane >= thread->lanes_seen;
	if (row.first)
		thread->lanes_seen = row.lane + 1;
	put(timeline, &row, event->ts_ns);
}

static void on_complete(struct timeline *timeline, const struct trace_event *event)
{
	end_request(timeline, event, 1);
}

int timeline_event(struct timeline *timeline, const struct trace_event *event)
{
	static void (*const on[])(struct timeline *, const struct trace_event *) = {
		[TRACE_SWITCH] = on_switch,       [TRACE_WAKEUP] = on_wakeup,
		[TRACE_BORN] = on_wakeup,         [TRACE_EXIT] = on_exit_or_entry,
		[TRACE_ENTRY] = on_exit_or_entry, [TRACE_SUBMIT] = on_submit,
		[TRACE_COMPLETE] = on_complete,   [TRACE_CALL] = on_call,
		[TRACE_RETURN] = on_return,       [TRACE_SAID] = NULL, /* marks say it better */
	};

	put_marks(timeline, event->ts_ns);
	put_lost(timeline, event);
	if (on[event->kind]) {
		on[event->kind](timeline, event);
		timeline->nr_events++;
	}
	return timeline->failed;
}

void timeline_end(struct timeline *timeline)
{
	put_marks(timeline, INT64_MAX);
}

uint64_t timeline_events(const struct timeline *timeline)
{
	return timeline->nr_events;
}

void timeline_close(struct timeline **timeline)
{
	if (!*timeline)
		return;
	state_done(&(*timeline)->state);
	free(*timeline);
	*timeline = NULL;
}
