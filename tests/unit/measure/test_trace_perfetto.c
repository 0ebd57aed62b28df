/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_trace_perfetto.c - Perfetto's packets: each parses, names are plain, what was lost is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "perfetto.pb-c.h"
#include "timeline.h"
#include "trace.h"
#include "trace_perfetto.h"
#include "trace_read.h"

#define OURS 100

static const struct trace_thread threads[] = { { OURS, "vcpu/0 \xff\n" } };
static const struct trace_mark marks[] = { { 1500, "go", "" } };
static const struct trace_loss losses[] = { { 0, 0, 0 }, { 5, 6, 7 } };
static const struct timeline_facts facts = { 99, threads, 1, marks, 1, losses, 2, "{\"lost\":18}" };

static struct trace_event an_event(enum trace_kind kind, uint64_t ts_ns)
{
	struct trace_event event = { .ts_ns = ts_ns, .cpu = 1, .kind = kind, .tid = OURS };

	memset(event.comm, 0xff, sizeof(event.comm)); /* without an end */
	memcpy(event.other_comm, "a\n\x7f", 4);
	event.other = 7;
	event.value = 0x78;
	event.result = INT64_MIN;
	event.isa = 2;
	event.name = "pread64";
	return event;
}

static Pf__Trace *write_all(const struct trace_event *events, int nr)
{
	CLEANUP(str_free) char *bytes = NULL;
	CLEANUP(trace_perfetto_close) struct trace_perfetto *perfetto = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&bytes, &size);
	Pf__Trace *trace;
	uint64_t seen;
	struct err err;

	assert_non_null(out);
	assert_int_equal(trace_perfetto_begin(out, &facts, &perfetto, &err), 0);
	for (int i = 0; i < nr; i++)
		assert_int_equal(trace_perfetto_event(perfetto, &events[i]), 0);
	assert_int_equal(trace_perfetto_end(perfetto, &seen, &err), 0);
	fclose(out);
	trace = pf__trace__unpack(NULL, size, (const uint8_t *)bytes);
	assert_non_null(trace);
	return trace;
}

static bool is_known(const Pf__Trace *trace, uint64_t uuid, size_t before)
{
	for (size_t i = 0; i < before; i++) {
		const Pf__TracePacket *packet = trace->packet[i];

		if (packet->data_case == PF__TRACE_PACKET__DATA_TRACK_DESCRIPTOR &&
		    packet->track_descriptor->uuid == uuid)
			return true;
	}
	return false;
}

static void every_track_is_described_first(void **state)
{
	struct trace_event events[2 * (TRACE_SAID + 1)];
	Pf__Trace *trace;
	int nr = 0, rows = 0;

	(void)state;
	for (int i = 0; i <= TRACE_SAID; i++) {
		events[nr++] = an_event((enum trace_kind)i, (uint64_t)(1000 + 100 * i));
		events[nr] = events[nr - 1];
		events[nr++].tid = 12345; /* a thread that nobody named */
	}
	trace = write_all(events, nr);
	assert_true(trace->packet[0]->first_packet_on_sequence);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const Pf__TracePacket *packet = trace->packet[i];

		assert_int_equal(packet->trusted_packet_sequence_id, 1);
		if (packet->data_case == PF__TRACE_PACKET__DATA_TRACK_EVENT) {
			assert_true(packet->has_timestamp);
			assert_true(is_known(trace, packet->track_event->track_uuid, i));
			rows++;
		}
		if (packet->data_case == PF__TRACE_PACKET__DATA_TRACK_DESCRIPTOR &&
		    packet->track_descriptor->has_parent_uuid)
			assert_true(is_known(trace, packet->track_descriptor->parent_uuid, i));
	}
	assert_true(rows > 8);
	pf__trace__free_unpacked(trace, NULL);
}

static const Pf__FtraceEventBundle *bundle_of(const Pf__Trace *trace)
{
	for (size_t i = 0; i < trace->n_packet; i++) {
		if (trace->packet[i]->data_case == PF__TRACE_PACKET__DATA_FTRACE_EVENTS)
			return trace->packet[i]->ftrace_events;
	}
	return NULL;
}

static void a_switch_is_the_kernels_own(void **state)
{
	struct trace_event event = an_event(TRACE_SWITCH, 1000);
	const Pf__FtraceEventBundle *bundle;
	const Pf__SchedSwitchFtraceEvent *sched;
	Pf__Trace *trace;

	(void)state;
	event.value = 256;
	event.prio = 98;
	event.other_prio = 120;
	event.missed = -1;
	trace = write_all(&event, 1);
	bundle = bundle_of(trace);
	assert_non_null(bundle);
	assert_int_equal(bundle->cpu, 1);
	assert_true(bundle->lost_events);
	assert_int_equal(bundle->event[0]->pid, OURS);
	assert_int_equal(bundle->event[0]->event_case, PF__FTRACE_EVENT__EVENT_SCHED_SWITCH);
	sched = bundle->event[0]->sched_switch;
	assert_int_equal(sched->prev_pid, OURS);
	assert_int_equal(sched->prev_state, 256);
	assert_int_equal(sched->prev_prio, 98);
	assert_int_equal(sched->next_pid, 7);
	assert_int_equal(sched->next_prio, 120);
	assert_string_equal(sched->prev_comm, "????????????????");
	assert_string_equal(sched->next_comm, "a??");
	pf__trace__free_unpacked(trace, NULL);
}

/* A reader takes the difference of the two. */
static void losses_are_counted(void **state)
{
	Pf__Trace *trace = write_all(NULL, 0);
	const Pf__FtraceStats *stats[2], *first, *last;
	int nr = 0;

	(void)state;
	for (size_t i = 0; i < trace->n_packet && nr < 2; i++) {
		if (trace->packet[i]->data_case == PF__TRACE_PACKET__DATA_FTRACE_STATS)
			stats[nr++] = trace->packet[i]->ftrace_stats;
	}
	assert_int_equal(nr, 2);
	first = stats[0];
	last = stats[1];
	assert_int_equal(first->phase, PF__FTRACE_STATS__PHASE__START_OF_TRACE);
	assert_int_equal(last->phase, PF__FTRACE_STATS__PHASE__END_OF_TRACE);
	assert_int_equal(last->n_cpu_stats, 2);
	assert_int_equal(first->cpu_stats[1]->overrun, 0);
	assert_int_equal(last->cpu_stats[1]->overrun, 5);
	assert_int_equal(last->cpu_stats[1]->commit_overrun, 6);
	assert_int_equal(last->cpu_stats[1]->dropped_events, 7);
	pf__trace__free_unpacked(trace, NULL);
}

static void a_full_disk_is_an_error(void **state)
{
	CLEANUP(file_close) FILE *full = fopen("/dev/full", "we");
	CLEANUP(trace_perfetto_close) struct trace_perfetto *perfetto = NULL;
	uint64_t seen;
	struct err err;

	(void)state;
	assert_non_null(full);
	assert_int_equal(trace_perfetto_begin(full, &facts, &perfetto, &err), 0);
	assert_true(trace_perfetto_end(perfetto, &seen, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_track_is_described_first),
		cmocka_unit_test(a_switch_is_the_kernels_own),
		cmocka_unit_test(losses_are_counted),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
