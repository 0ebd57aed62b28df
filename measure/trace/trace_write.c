/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_write.c - feeds each format's writer with the events. */
#include "trace_write.h"

#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"
#include "trace_dat.h"
#include "trace_json.h"
#include "trace_pages.h"
#include "trace_perfetto.h"
#include "trace_read.h"

static int count_one(void *arg, const struct trace_event *event)
{
	*(uint64_t *)arg += event->kind != TRACE_SAID;
	return 0;
}

/* What the kernel recorded is worth having also without what we say about it. */
static int write_dat(const struct trace *trace, const struct timeline_facts *facts, int fd,
                     struct trace_written *ret, struct err *err)
{
	CLEANUP(fd_close) int marks_fd = -1;
	struct err why;
	int rc = trace_read(trace, count_one, &ret->events, err);

	if (!rc && trace_pages_make(trace, facts, &marks_fd, &why))
		text_copy(ret->why_no_marks, sizeof(ret->why_no_marks), why.text);
	return rc ? rc : trace_dat_write(trace, marks_fd, fd, err);
}

static int write_json(const struct trace *trace, const struct timeline_facts *facts, FILE *out,
                      uint64_t *ret_events, struct err *err)
{
	CLEANUP(trace_json_close) struct trace_json *json = NULL;
	int rc = trace_json_begin(out, facts, &json, err);

	if (!rc)
		rc = trace_read(trace, trace_json_event, json, err);
	return rc ? rc : trace_json_end(json, ret_events, err);
}

static int write_perfetto(const struct trace *trace, const struct timeline_facts *facts, FILE *out,
                          uint64_t *ret_events, struct err *err)
{
	CLEANUP(trace_perfetto_close) struct trace_perfetto *perfetto = NULL;
	int rc = trace_perfetto_begin(out, facts, &perfetto, err);

	if (!rc)
		rc = trace_read(trace, trace_perfetto_event, perfetto, err);
	return rc ? rc : trace_perfetto_end(perfetto, ret_events, err);
}

static int write_stream(const struct trace *trace, enum trace_format format,
                        const struct timeline_facts *facts, int fd, uint64_t *ret_events,
                        struct err *err)
{
	CLEANUP(fd_close) int own = dup(fd);
	CLEANUP(file_close) FILE *out = own < 0 ? NULL : fdopen(own, "w");

	if (!out)
		return err_sys(err, "the timeline");
	own = -1; /* out has it */
	return format == TRACE_JSON ? write_json(trace, facts, out, ret_events, err)
	                            : write_perfetto(trace, facts, out, ret_events, err);
}

int trace_write(const struct trace *trace, enum trace_format format,
                const struct timeline_facts *facts, int fd, struct trace_written *ret,
                struct err *err)
{
	struct trace_written written = { 0 };
	int rc = format == TRACE_DAT ? write_dat(trace, facts, fd, &written, err)
	                             : write_stream(trace, format, facts, fd, &written.events, err);

	if (!rc)
		*ret = written;
	return rc;
}
