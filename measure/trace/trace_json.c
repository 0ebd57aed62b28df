/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_json.c - writes one row a line; knows how JSON quotes, not what a row means. */
#include "trace_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cleanup.h"
#include "timeline.h"

/* Processes of the timeline that are none.  Numbers that no process has. */
enum { PID_GUEST = 4194305, PID_IO = 4194306 };

struct trace_json {
	FILE *out;
	const struct timeline_facts *facts;
	struct timeline *timeline;
	bool began;
};

/* A name is any bytes but NUL: what is not plain ASCII becomes \u00XX, which every reader takes. */
static void put_text(FILE *out, const char *text, size_t max)
{
	fputc('"', out);
	for (size_t i = 0; i < max && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void open_row(struct trace_json *json, const char *phase, pid_t pid, pid_t tid)
{
	fprintf(json->out, "%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%d", json->began ? "," : "",
	        phase, (int)pid, (int)tid);
	json->began = true;
}

static void name_track(struct trace_json *json, const char *what, pid_t pid, pid_t tid,
                       const char *name)
{
	open_row(json, "M", pid, tid);
	fprintf(json->out, ",\"name\":\"%s\",\"args\":{\"name\":", what);
	put_text(json->out, name, 64);
	fputs("}}", json->out);
}

static const char *phase_of(const struct timeline_row *row)
{
	static const char *const slice[] = { "B", "E", "i" }, *const crossing[] = { "b", "e", "i" };

	return row->track == TRACK_REQUEST ? crossing[row->phase] : slice[row->phase];
}

static pid_t pid_of(const struct trace_json *json, enum timeline_track track)
{
	switch (track) {
	case TRACK_GUEST:
		return PID_GUEST;
	case TRACK_CALL:
	case TRACK_REQUEST:
		return PID_IO;
	default:
		return json->facts->pid;
	}
}

static void put_args(FILE *out, const struct timeline_row *row)
{
	if (!row->nr_args)
		return;
	fputs(",\"args\":", out);
	for (int i = 0; i < row->nr_args; i++) {
		const struct timeline_arg *arg = &row->arg[i];

		fprintf(out, "%c\"%s\":", i ? ',' : '{', arg->name);
		if (arg->text)
			put_text(out, arg->text, arg->max);
		else
			fprintf(out, "%" PRId64, arg->number);
	}
	fputc('}', out);
}

/* Microseconds, by the format; the nanoseconds are its fraction. */
static void put_row(void *arg, const struct timeline_row *row)
{
	struct trace_json *json = arg;
	FILE *out = json->out;

	open_row(json, phase_of(row), pid_of(json, row->track), row->tid);
	fprintf(out, ",\"ts\":%" PRIu64 ".%03d,\"cat\":\"%s\"", row->ts_ns / 1000,
	        (int)(row->ts_ns % 1000), timeline_categories[row->track]);
	if (row->phase == ROW_MOMENT)
		fprintf(out, ",\"s\":\"%s\"", row->track == TRACK_MARK ? "g" : "t");
	if (row->track == TRACK_REQUEST)
		fprintf(out, ",\"id\":\"0x%" PRIx64 "\"", row->id);
	if (row->name || row->track == TRACK_REQUEST) {
		fputs(",\"name\":", out);
		put_text(out, row->name ? row->name : "request", 64);
	}
	put_args(out, row);
	fputc('}', out);
}

int trace_json_begin(FILE *out, const struct timeline_facts *facts, struct trace_json **ret,
                     struct err *err)
{
	CLEANUP(trace_json_close) struct trace_json *json = calloc(1, sizeof(*json));
	static const char *const process[] = { "threads", "guest mode", "I/O" };
	const pid_t pids[] = { facts->pid, PID_GUEST, PID_IO };
	int rc;

	if (!json)
		return err_set(err, ENOMEM, "out of memory");
	json->out = out;
	json->facts = facts;
	rc = timeline_open(facts, put_row, json, &json->timeline, err);
	if (rc)
		return rc;
	fprintf(out, "{\"displayTimeUnit\":\"ns\",\"otherData\":%s,\"traceEvents\":[",
	        facts->about);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		name_track(json, "process_name", pids[i], 0, process[i]);
		for (int t = 0; t < facts->nr_threads; t++)
			name_track(json, "thread_name", pids[i], facts->threads[t].tid,
			           facts->threads[t].name);
	}
	*ret = STEAL(&json);
	return 0;
}

int trace_json_event(void *arg, const struct trace_event *event)
{
	struct trace_json *json = arg;
	int rc = timeline_event(json->timeline, event);

	return !rc && ferror(json->out) ? -EIO : rc;
}

int trace_json_end(struct trace_json *json, uint64_t *ret_events, struct err *err)
{
	timeline_end(json->timeline);
	fputs("\n]}\n", json->out);
	*ret_events = timeline_events(json->timeline);
	return fflush(json->out) || ferror(json->out) ? err_sys(err, "the timeline") : 0;
}

void trace_json_close(struct trace_json **json)
{
	if (!*json)
		return;
	timeline_close(&(*json)->timeline);
	free(*json);
	*json = NULL;
}
