/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_write.h - the kept events as a file, in any of the formats.
 */
#ifndef MEASURE_TRACE_WRITE_H
#define MEASURE_TRACE_WRITE_H

#include <stdint.h>

#include "err.h"

struct timeline_facts;
struct trace;

enum trace_format { TRACE_JSON, TRACE_PERFETTO, TRACE_DAT, NR_TRACE_FORMATS };

struct trace_written {
	uint64_t events;
	char why_no_marks[200]; /* "": they are in it */
};

/* Into fd, which stays open.  After trace_finish(), before trace_close(). */
int trace_write(const struct trace *trace, enum trace_format format,
                const struct timeline_facts *facts, int fd, struct trace_written *ret,
                struct err *err) MUST_CHECK;

#endif
