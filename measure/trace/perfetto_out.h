/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perfetto_out.h - a stream of Perfetto's packets.  Knows the clocks and the machine, not the events.
 */
#ifndef MEASURE_PERFETTO_OUT_H
#define MEASURE_PERFETTO_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PERFETTO_TEXT_MAX 161

struct Pf__TracePacket;
struct timeline_facts;

struct perfetto_out {
	FILE *out;
	int64_t boot_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC: the time that the machine slept */
	bool began;
	uint8_t *bytes; /* of one packet; the owner frees them */
	size_t room;
	int failed; /* -ENOMEM */
};

/* The format's strings are UTF-8, a thread's name is any bytes: at most max of them, into PERFETTO_TEXT_MAX. */
char *perfetto_plain(char *buf, const char *text, size_t max);
/* On the clock of the trace. */
uint64_t perfetto_time(const struct perfetto_out *to, uint64_t mono_ns);
void perfetto_put(struct perfetto_out *to, struct Pf__TracePacket *packet);
/* The clocks, the kernel, and that nothing is lost yet. */
void perfetto_put_head(struct perfetto_out *to, const struct timeline_facts *facts);
/* What was lost. */
void perfetto_put_tail(struct perfetto_out *to, const struct timeline_facts *facts);

#endif
