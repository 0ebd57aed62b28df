/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_write.c - feeds each format's writer with the events. */
#include "trace_write.h"

#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "trace_dat.h"
#include "trace_json.h"
#include "trace_perfetto.h"
#include "trace_read.h"

static int count_one(void *arg, const struct trace_event *event)
{
	*(uint64_t *)arg += event->kind != TRACE_SAID;
	return 0;
}

static int write_dat(const struct trace *trace, const struct timeline_facts *facts, int fd,
                     uint64_t *ret_events, struct err *err)
{
	uint64_t events = 0;
	int rc = trace_read(trace, count_one, &events, err);

	if (!rc)
		rc = trace_dat_write(trace, facts, fd, err);
	if (!rc)
		*ret_events = events;
	return rc;
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

int trace_write(const struct trace *trace, enum trace_format format,
                const struct timeline_facts *facts, int fd, uint64_t *ret_events, struct err *err)
{
	CLEANUP(fd_close) int own = dup(fd);
	CLEANUP(file_close) FILE *out = NULL;

	if (format == TRACE_DAT)
		return write_dat(trace, facts, fd, ret_events, err);
	out = own < 0 ? NULL : fdopen(own, "w");
	if (!out)
		return err_sys(err, "the timeline");
	own = -1; /* out has it */
	return format == TRACE_JSON ? write_json(trace, facts, out, ret_events, err)
	                            : write_perfetto(trace, facts, out, ret_events, err);
}
