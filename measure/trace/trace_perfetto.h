/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_perfetto.h - a timeline as Perfetto's own protobuf: protobuf-c packs it.  Pure but for the clocks: events in,
 * bytes out, a packet at a time.
 *
 * Switches and wake-ups are the kernel's own events, from which Perfetto makes its CPU and thread-state tracks; what is
 * left of a timeline's rows are slices below the thread that they belong to.  All timestamps are CLOCK_BOOTTIME, which
 * is what a reader takes a kernel event's for; a snapshot of the clocks says where CLOCK_MONOTONIC is.
 */
#ifndef MEASURE_TRACE_PERFETTO_H
#define MEASURE_TRACE_PERFETTO_H

#include <stdint.h>
#include <stdio.h>

#include "err.h"

struct timeline_facts;
struct trace_event;
struct trace_perfetto;

/* out and facts are borrowed. */
int trace_perfetto_begin(FILE *out, const struct timeline_facts *facts, struct trace_perfetto **ret,
                         struct err *err) MUST_CHECK;
/* see() of trace_read().  -EIO where the file cannot be written. */
int trace_perfetto_event(void *perfetto, const struct trace_event *event);
int trace_perfetto_end(struct trace_perfetto *perfetto, uint64_t *ret_events, struct err *err)
        MUST_CHECK;
void trace_perfetto_close(struct trace_perfetto **perfetto); /* CLEANUP */

#endif
