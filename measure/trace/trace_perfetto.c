/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_perfetto.c - which of Perfetto's messages (perfetto.proto) an event or a row becomes. */
#include "trace_perfetto.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "perfetto.pb-c.h"
#include "perfetto_out.h"
#include "timeline.h"
#include "trace_read.h"

#define UUID_PROCESS 1

struct trace_perfetto {
	const struct timeline_facts *facts;
	struct timeline *timeline;
	struct perfetto_out to;
	bool said_about;
};

/* A track of the thread's own (its descriptor's), and those below it. */
static uint64_t uuid_of(enum timeline_track track, pid_t tid, int lane)
{
	return (uint64_t)(track + 1) << 48 | (uint64_t)lane << 32 | (uint32_t)tid;
}

static void put_track(struct trace_perfetto *perfetto, Pf__TrackDescriptor *track, uint64_t uuid)
{
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;

	track->has_uuid = true;
	track->uuid = uuid;
	packet.data_case = PF__TRACE_PACKET__DATA_TRACK_DESCRIPTOR;
	packet.track_descriptor = track;
	perfetto_put(&perfetto->to, &packet);
}

static void put_process(struct trace_perfetto *perfetto)
{
	static char name[] = "threads";
	Pf__ProcessDescriptor process = PF__PROCESS_DESCRIPTOR__INIT;
	Pf__TrackDescriptor track = PF__TRACK_DESCRIPTOR__INIT;

	process.has_pid = true;
	process.pid = perfetto->facts->pid;
	process.process_name = name;
	track.process = &process;
	put_track(perfetto, &track, UUID_PROCESS);
}

static void put_thread(struct trace_perfetto *perfetto, pid_t tid, const char *name)
{
	char buf[PERFETTO_TEXT_MAX];
	Pf__ThreadDescriptor thread = PF__THREAD_DESCRIPTOR__INIT;
	Pf__TrackDescriptor track = PF__TRACK_DESCRIPTOR__INIT;

	thread.has_pid = thread.has_tid = true;
	thread.pid = perfetto->facts->pid;
	thread.tid = tid;
	thread.thread_name = name ? perfetto_plain(buf, name, PERFETTO_TEXT_MAX) : NULL;
	track.thread = &thread;
	track.has_parent_uuid = true;
	track.parent_uuid = UUID_PROCESS;
	put_track(perfetto, &track, uuid_of(TRACK_CPU, tid, 0));
}

/* Before the first row on it.  Tracks of one name below one thread are drawn as one. */
static void put_subtrack(struct trace_perfetto *perfetto, enum timeline_track of, pid_t tid,
                         int lane)
{
	static char names[][16] = { [TRACK_GUEST] = "guest mode",
		                    [TRACK_CALL] = "I/O calls",
		                    [TRACK_REQUEST] = "I/O requests",
		                    [TRACK_MARK] = "qlaunch" };
	Pf__TrackDescriptor track = PF__TRACK_DESCRIPTOR__INIT;
	bool known = of == TRACK_MARK;

	for (int i = 0; i < perfetto->facts->nr_threads && !known; i++)
		known = perfetto->facts->threads[i].tid == tid;
	if (!known)
		put_thread(perfetto, tid, NULL);
	track.name = names[of];
	track.has_parent_uuid = of != TRACK_MARK;
	track.parent_uuid = uuid_of(TRACK_CPU, tid, 0);
	put_track(perfetto, &track, uuid_of(of, tid, lane));
}

static void put_event(struct trace_perfetto *perfetto, const struct timeline_row *row,
                      Pf__DebugAnnotation **args)
{
	static const Pf__TrackEvent__Type types[] = {
		[ROW_BEGIN] = PF__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN,
		[ROW_END] = PF__TRACK_EVENT__TYPE__TYPE_SLICE_END,
		[ROW_MOMENT] = PF__TRACK_EVENT__TYPE__TYPE_INSTANT,
	};
	char name[PERFETTO_TEXT_MAX], category[PERFETTO_TEXT_MAX];
	char *categories[] = { perfetto_plain(category, timeline_categories[row->track],
		                              PERFETTO_TEXT_MAX) };
	Pf__TrackEvent event = PF__TRACK_EVENT__INIT;
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;

	event.has_type = event.has_track_uuid = true;
	event.type = types[row->phase];
	event.track_uuid = uuid_of(row->track, row->tid, row->lane);
	event.n_debug_annotations = (size_t)row->nr_args;
	event.debug_annotations = args;
	if (row->phase != ROW_END) {
		event.name = perfetto_plain(name, row->name, PERFETTO_TEXT_MAX);
		event.categories = categories;
		event.n_categories = 1;
	}
	packet.has_timestamp = true;
	packet.timestamp = perfetto_time(&perfetto->to, row->ts_ns);
	packet.data_case = PF__TRACE_PACKET__DATA_TRACK_EVENT;
	packet.track_event = &event;
	perfetto_put(&perfetto->to, &packet);
}

static void put_row(void *arg, const struct timeline_row *row)
{
	struct trace_perfetto *perfetto = arg;
	char names[TIMELINE_ARGS][PERFETTO_TEXT_MAX], texts[TIMELINE_ARGS][PERFETTO_TEXT_MAX];
	Pf__DebugAnnotation note[TIMELINE_ARGS], *notes[TIMELINE_ARGS];

	if (row->track == TRACK_CPU)
		return; /* the kernel's own events say it */
	if (row->first && row->track != TRACK_MARK)
		put_subtrack(perfetto, row->track, row->tid, row->lane);
	for (int i = 0; i < row->nr_args; i++) {
		const struct timeline_arg *from = &row->arg[i];

		pf__debug_annotation__init(&note[i]);
		note[i].name = perfetto_plain(names[i], from->name, PERFETTO_TEXT_MAX);
		if (from->text) {
			note[i].value_case = PF__DEBUG_ANNOTATION__VALUE_STRING_VALUE;
			note[i].string_value = perfetto_plain(texts[i], from->text, from->max);
		} else {
			note[i].value_case = PF__DEBUG_ANNOTATION__VALUE_INT_VALUE;
			note[i].int_value = from->number;
		}
		notes[i] = &note[i];
	}
	put_event(perfetto, row, notes);
}

/* All that the result line says of the trace, at its first event. */
static void put_about(struct trace_perfetto *perfetto, uint64_t ts_ns)
{
	static char name[] = "about";
	const struct timeline_row row = { .ts_ns = ts_ns,
		                          .track = TRACK_MARK,
		                          .phase = ROW_MOMENT,
		                          .name = "trace",
		                          .nr_args = 1 };
	Pf__DebugAnnotation note = PF__DEBUG_ANNOTATION__INIT, *notes[] = { &note };

	if (perfetto->said_about)
		return;
	perfetto->said_about = true;
	note.name = name;
	note.value_case = PF__DEBUG_ANNOTATION__VALUE_STRING_VALUE;
	note.string_value = (char *)(uintptr_t)perfetto->facts->about;
	put_event(perfetto, &row, notes);
}

static void put_bundle(struct trace_perfetto *perfetto, const struct trace_event *event,
                       Pf__FtraceEvent *inner)
{
	Pf__FtraceEvent *list[] = { inner };
	Pf__FtraceEventBundle bundle = PF__FTRACE_EVENT_BUNDLE__INIT;
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;

	bundle.has_cpu = true;
	bundle.cpu = (uint32_t)event->cpu;
	bundle.has_lost_events = bundle.lost_events = event->missed != 0;
	bundle.event = list;
	bundle.n_event = inner ? 1 : 0;
	if (inner) {
		inner->has_timestamp = inner->has_pid = true;
		inner->timestamp = perfetto_time(&perfetto->to, event->ts_ns);
		inner->pid = (uint32_t)event->tid;
	}
	packet.data_case = PF__TRACE_PACKET__DATA_FTRACE_EVENTS;
	packet.ftrace_events = &bundle;
	perfetto_put(&perfetto->to, &packet);
}

static void put_switch(struct trace_perfetto *perfetto, const struct trace_event *event)
{
	char prev[PERFETTO_TEXT_MAX], next[PERFETTO_TEXT_MAX];
	Pf__SchedSwitchFtraceEvent sched = PF__SCHED_SWITCH_FTRACE_EVENT__INIT;
	Pf__FtraceEvent outer = PF__FTRACE_EVENT__INIT;

	sched.has_prev_pid = sched.has_prev_prio = sched.has_prev_state = true;
	sched.has_next_pid = sched.has_next_prio = true;
	sched.prev_comm = perfetto_plain(prev, event->comm, TRACE_COMM_MAX);
	sched.prev_pid = event->tid;
	sched.prev_prio = event->prio;
	sched.prev_state = (int64_t)event->value;
	sched.next_comm = perfetto_plain(next, event->other_comm, TRACE_COMM_MAX);
	sched.next_pid = event->other;
	sched.next_prio = event->other_prio;
	outer.event_case = PF__FTRACE_EVENT__EVENT_SCHED_SWITCH;
	outer.sched_switch = &sched;
	put_bundle(perfetto, event, &outer);
}

static void put_wakeup(struct trace_perfetto *perfetto, const struct trace_event *event)
{
	char comm[PERFETTO_TEXT_MAX];
	Pf__SchedWakingFtraceEvent sched = PF__SCHED_WAKING_FTRACE_EVENT__INIT;
	Pf__FtraceEvent outer = PF__FTRACE_EVENT__INIT;

	sched.has_pid = sched.has_prio = sched.has_target_cpu = true;
	sched.comm = perfetto_plain(comm, event->other_comm, TRACE_COMM_MAX);
	sched.pid = event->other;
	sched.prio = event->other_prio;
	sched.target_cpu = (int32_t)event->value;
	outer.event_case = PF__FTRACE_EVENT__EVENT_SCHED_WAKING;
	outer.sched_waking = &sched;
	put_bundle(perfetto, event, &outer);
}

static void put_birth(struct trace_perfetto *perfetto, const struct trace_event *event)
{
	char comm[PERFETTO_TEXT_MAX];
	Pf__SchedWakeupNewFtraceEvent sched = PF__SCHED_WAKEUP_NEW_FTRACE_EVENT__INIT;
	Pf__FtraceEvent outer = PF__FTRACE_EVENT__INIT;

	sched.has_pid = sched.has_prio = sched.has_target_cpu = true;
	sched.comm = perfetto_plain(comm, event->other_comm, TRACE_COMM_MAX);
	sched.pid = event->other;
	sched.prio = event->other_prio;
	sched.target_cpu = (int32_t)event->value;
	outer.event_case = PF__FTRACE_EVENT__EVENT_SCHED_WAKEUP_NEW;
	outer.sched_wakeup_new = &sched;
	put_bundle(perfetto, event, &outer);
}

int trace_perfetto_begin(FILE *out, const struct timeline_facts *facts, struct trace_perfetto **ret,
                         struct err *err)
{
	CLEANUP(trace_perfetto_close)
	struct trace_perfetto *perfetto = calloc(1, sizeof(*perfetto));
	int rc;

	if (!perfetto)
		return err_set(err, ENOMEM, "out of memory");
	perfetto->to.out = out;
	perfetto->facts = facts;
	rc = timeline_open(facts, put_row, perfetto, &perfetto->timeline, err);
	if (rc)
		return rc;
	perfetto_put_head(&perfetto->to, facts);
	put_subtrack(perfetto, TRACK_MARK, 0, 0);
	put_process(perfetto);
	for (int i = 0; i < facts->nr_threads; i++)
		put_thread(perfetto, facts->threads[i].tid, facts->threads[i].name);
	*ret = STEAL(&perfetto);
	return 0;
}

int trace_perfetto_event(void *arg, const struct trace_event *event)
{
	static void (*const sched[])(struct trace_perfetto *, const struct trace_event *) = {
		[TRACE_SWITCH] = put_switch,
		[TRACE_WAKEUP] = put_wakeup,
		[TRACE_BORN] = put_birth,
		[TRACE_SAID] = NULL,
	};
	struct trace_perfetto *perfetto = arg;
	int rc;

	put_about(perfetto, event->ts_ns);
	rc = timeline_event(perfetto->timeline, event);
	if (!rc && sched[event->kind])
		sched[event->kind](perfetto, event);
	else if (!rc && event->missed)
		put_bundle(perfetto, event, NULL);
	if (!rc)
		rc = perfetto->to.failed;
	return !rc && ferror(perfetto->to.out) ? -EIO : rc;
}

int trace_perfetto_end(struct trace_perfetto *perfetto, uint64_t *ret_events, struct err *err)
{
	timeline_end(perfetto->timeline);
	perfetto_put_tail(&perfetto->to, perfetto->facts);
	*ret_events = timeline_events(perfetto->timeline);
	if (perfetto->to.failed)
		return err_set(err, ENOMEM, "out of memory");
	return fflush(perfetto->to.out) || ferror(perfetto->to.out) ? err_sys(err, "the timeline")
	                                                            : 0;
}

void trace_perfetto_close(struct trace_perfetto **perfetto)
{
	if (!*perfetto)
		return;
	timeline_close(&(*perfetto)->timeline);
	free((*perfetto)->to.bytes);
	free(*perfetto);
	*perfetto = NULL;
}
