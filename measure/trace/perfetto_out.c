/* SPDX-License-Identifier: GPL-2.0-or-later */
/* perfetto_out.c - packs and writes; and the packets that every trace begins and ends with. */
#include "perfetto_out.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

#include "err.h"
#include "perfetto.pb-c.h"
#include "text.h"
#include "timeline.h"
#include "trace.h"

/* The format's strings are UTF-8, a thread's name is any bytes. */
char *perfetto_plain(char *buf, const char *text, size_t max)
{
	size_t i;

	for (i = 0; i < max && i + 1 < PERFETTO_TEXT_MAX && text[i]; i++)
		buf[i] = (char)(text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i]);
	buf[i] = '\0';
	return buf;
}

/* Messages one after the other are one message, by protobuf's own rule: so the file grows by whole packets. */
void perfetto_put(struct perfetto_out *to, Pf__TracePacket *packet)
{
	Pf__TracePacket *list[] = { packet };
	Pf__Trace trace = PF__TRACE__INIT;
	size_t size;

	trace.packet = list;
	trace.n_packet = 1;
	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = 1;
	packet->has_first_packet_on_sequence = packet->first_packet_on_sequence = !to->began;
	to->began = true;
	size = pf__trace__get_packed_size(&trace);
	if (size > to->room) {
		uint8_t *more = realloc(to->bytes, size);

		if (!more) {
			to->failed = -ENOMEM;
			return;
		}
		to->bytes = more;
		to->room = size;
	}
	pf__trace__pack(&trace, to->bytes);
	fwrite(to->bytes, size, 1, to->out);
}

uint64_t perfetto_time(const struct perfetto_out *to, uint64_t mono_ns)
{
	return mono_ns + (uint64_t)to->boot_ns;
}

static int64_t read_clock(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static void put_clocks(struct perfetto_out *to)
{
	Pf__ClockSnapshot__Clock clock[3] = { PF__CLOCK_SNAPSHOT__CLOCK__INIT,
		                              PF__CLOCK_SNAPSHOT__CLOCK__INIT,
		                              PF__CLOCK_SNAPSHOT__CLOCK__INIT };
	Pf__ClockSnapshot__Clock *clocks[] = { &clock[0], &clock[1], &clock[2] };
	Pf__ClockSnapshot snapshot = PF__CLOCK_SNAPSHOT__INIT;
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	const uint32_t ids[] = { PF__BUILTIN_CLOCK__BUILTIN_CLOCK_MONOTONIC,
		                 PF__BUILTIN_CLOCK__BUILTIN_CLOCK_BOOTTIME,
		                 PF__BUILTIN_CLOCK__BUILTIN_CLOCK_REALTIME };
	const int64_t before_ns = read_clock(CLOCK_MONOTONIC), boot_ns = read_clock(CLOCK_BOOTTIME),
	              real_ns = read_clock(CLOCK_REALTIME), after_ns = read_clock(CLOCK_MONOTONIC);
	/* between the two: it never slept, and the clocks are one */
	const bool slept = boot_ns < before_ns || boot_ns > after_ns;
	const int64_t mono_ns = slept ? before_ns + (after_ns - before_ns) / 2 : boot_ns;
	const int64_t now_ns[] = { mono_ns, boot_ns, real_ns };

	to->boot_ns = boot_ns - mono_ns;
	for (size_t i = 0; i < ARRAY_SIZE(clock); i++) {
		clock[i].has_clock_id = clock[i].has_timestamp = true;
		clock[i].clock_id = ids[i];
		clock[i].timestamp = (uint64_t)now_ns[i];
	}
	snapshot.n_clocks = ARRAY_SIZE(clock);
	snapshot.clocks = clocks;
	snapshot.has_primary_trace_clock = true;
	snapshot.primary_trace_clock = PF__BUILTIN_CLOCK__BUILTIN_CLOCK_BOOTTIME;
	packet.data_case = PF__TRACE_PACKET__DATA_CLOCK_SNAPSHOT;
	packet.clock_snapshot = &snapshot;
	perfetto_put(to, &packet);
}

static void put_system(struct perfetto_out *to)
{
	Pf__Utsname name = PF__UTSNAME__INIT;
	Pf__SystemInfo info = PF__SYSTEM_INFO__INIT;
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	struct utsname kernel;

	if (uname(&kernel))
		return;
	name.sysname = kernel.sysname;
	name.version = kernel.version;
	name.release = kernel.release;
	name.machine = kernel.machine;
	info.utsname = &name;
	packet.data_case = PF__TRACE_PACKET__DATA_SYSTEM_INFO;
	packet.system_info = &info;
	perfetto_put(to, &packet);
}

/* A reader counts what was lost from the first one to the last one. */
static void put_stats(struct perfetto_out *to, const struct timeline_facts *facts,
                      Pf__FtraceStats__Phase phase)
{
	Pf__FtraceStats stats = PF__FTRACE_STATS__INIT;
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	Pf__FtraceCpuStats *row = calloc((size_t)facts->nr_cpus + 1, sizeof(*row));
	Pf__FtraceCpuStats **rows = calloc((size_t)facts->nr_cpus + 1, sizeof(*rows));

	for (int i = 0; row && rows && i < facts->nr_cpus; i++) {
		const bool ended = phase == PF__FTRACE_STATS__PHASE__END_OF_TRACE;
		const struct trace_loss *loss = &facts->loss[i];

		pf__ftrace_cpu_stats__init(&row[i]);
		row[i].has_cpu = row[i].has_overrun = row[i].has_commit_overrun =
		        row[i].has_dropped_events = true;
		row[i].cpu = (uint64_t)i;
		row[i].overrun = ended ? loss->overrun : 0;
		row[i].commit_overrun = ended ? loss->commit_overrun : 0;
		row[i].dropped_events = ended ? loss->dropped : 0;
		rows[i] = &row[i];
	}
	stats.has_phase = true;
	stats.phase = phase;
	stats.n_cpu_stats = row && rows ? (size_t)facts->nr_cpus : 0;
	stats.cpu_stats = rows;
	packet.data_case = PF__TRACE_PACKET__DATA_FTRACE_STATS;
	packet.ftrace_stats = &stats;
	if (!row || !rows)
		to->failed = -ENOMEM;
	else
		perfetto_put(to, &packet);
	free(row);
	free(rows);
}

void perfetto_put_head(struct perfetto_out *to, const struct timeline_facts *facts)
{
	put_clocks(to);
	put_system(to);
	put_stats(to, facts, PF__FTRACE_STATS__PHASE__START_OF_TRACE);
}

void perfetto_put_tail(struct perfetto_out *to, const struct timeline_facts *facts)
{
	put_stats(to, facts, PF__FTRACE_STATS__PHASE__END_OF_TRACE);
}
