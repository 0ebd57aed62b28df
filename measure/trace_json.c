/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_json.c - writes one event a line; knows which track it belongs to. */
#include "trace_json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "exit_names.h"
#include "trace_read.h"

/* Processes of the timeline that are none.  Numbers that no process has. */
enum { PID_GUEST = 4194305, PID_IO = 4194306 };

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

/* Microseconds, by the format; the nanoseconds are its fraction.  CPUs' clocks may be a little apart. */
static void put_time(struct trace_json *json, uint64_t ts_ns)
{
	if (ts_ns < json->last_ns)
		ts_ns = json->last_ns;
	json->last_ns = ts_ns;
	fprintf(json->out, ",\"ts\":%" PRIu64 ".%03d", ts_ns / 1000, (int)(ts_ns % 1000));
}

static void name_track(struct trace_json *json, const char *what, pid_t pid, pid_t tid,
                       const char *name)
{
	open_row(json, "M", pid, tid);
	fprintf(json->out, ",\"name\":\"%s\",\"args\":{\"name\":", what);
	put_text(json->out, name, 64);
	fputs("}}", json->out);
}

void trace_json_begin(struct trace_json *json, const char *about)
{
	static const char *const process[] = { "threads", "guest mode", "I/O" };
	const pid_t pids[] = { json->pid, PID_GUEST, PID_IO };

	fprintf(json->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":%s,\"traceEvents\":[", about);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		name_track(json, "process_name", pids[i], 0, process[i]);
		for (int t = 0; t < json->nr_threads; t++)
			name_track(json, "thread_name", pids[i], json->threads[t].tid,
			           json->threads[t].name);
	}
}

static bool is_ours(const struct trace_json *json, pid_t tid)
{
	for (int i = 0; i < json->nr_threads; i++) {
		if (json->threads[i].tid == tid)
			return true;
	}
	return false;
}

static void put_mark(struct trace_json *json, const struct trace_mark *mark)
{
	open_row(json, "i", json->pid, 0);
	put_time(json, mark->ts_ns > 0 ? (uint64_t)mark->ts_ns : 0);
	fputs(",\"s\":\"g\",\"cat\":\"mark\",\"name\":", json->out);
	put_text(json->out, mark->name, 64);
	fputs(",\"args\":{\"text\":", json->out);
	put_text(json->out, mark->text, sizeof(mark->text));
	fputs("}}", json->out);
}

static void put_marks(struct trace_json *json, uint64_t until_ns)
{
	while (json->next_mark < json->nr_marks &&
	       json->marks[json->next_mark].ts_ns <= (int64_t)until_ns)
		put_mark(json, &json->marks[json->next_mark++]);
}

/* The kernel's letters; other bits are rare and come as a number. */
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

static void put_switch(struct trace_json *json, const struct trace_event *event)
{
	FILE *out = json->out;

	if (is_ours(json, event->tid)) {
		open_row(json, "E", json->pid, event->tid);
		put_time(json, event->ts_ns);
		fprintf(out,
		        ",\"cat\":\"sched\",\"args\":{\"left\":\"%s\",\"next_tid\":%d,\"next\":",
		        state_word(event->value), (int)event->other);
		put_text(out, event->other_comm, TRACE_COMM_MAX);
		fputs("}}", out);
	}
	if (is_ours(json, event->other)) {
		open_row(json, "B", json->pid, event->other);
		put_time(json, event->ts_ns);
		fprintf(out,
		        ",\"cat\":\"sched\",\"name\":\"CPU %d\",\"args\":{\"prev_tid\":%d,\"prev\":",
		        event->cpu, (int)event->tid);
		put_text(out, event->comm, TRACE_COMM_MAX);
		fputs("}}", out);
	}
}

static void put_wakeup(struct trace_json *json, const struct trace_event *event)
{
	if (!is_ours(json, event->other))
		return;
	open_row(json, "i", json->pid, event->other);
	put_time(json, event->ts_ns);
	fprintf(json->out,
	        ",\"s\":\"t\",\"cat\":\"sched\",\"name\":\"woken\",\"args\":"
	        "{\"by_tid\":%d,\"for_cpu\":%" PRIu64 "}}",
	        (int)event->tid, event->value);
}

static void put_exit(struct trace_json *json, const struct trace_event *event)
{
	const char *name = exit_name(event->isa, (unsigned int)event->value);

	open_row(json, "E", PID_GUEST, event->tid);
	put_time(json, event->ts_ns);
	fprintf(json->out, ",\"cat\":\"kvm\",\"args\":{\"reason\":%" PRIu64 ",\"exit\":\"%s\"}}",
	        event->value, name ? name : "");
}

static void put_entry(struct trace_json *json, const struct trace_event *event)
{
	open_row(json, "B", PID_GUEST, event->tid);
	put_time(json, event->ts_ns);
	fprintf(json->out, ",\"cat\":\"kvm\",\"name\":\"guest\",\"args\":{\"vcpu\":%" PRIu64 "}}",
	        event->value);
}

static void put_request(struct trace_json *json, const struct trace_event *event)
{
	bool ends = event->kind == TRACE_COMPLETE;

	open_row(json, ends ? "e" : "b", PID_IO, event->tid);
	put_time(json, event->ts_ns);
	fprintf(json->out, ",\"cat\":\"io_uring\",\"name\":\"request\",\"id\":\"0x%" PRIx64 "\"",
	        event->value);
	if (ends)
		fprintf(json->out, ",\"args\":{\"result\":%" PRId64 "}", event->result);
	fputc('}', json->out);
}

static void put_call(struct trace_json *json, const struct trace_event *event)
{
	bool ends = event->kind == TRACE_RETURN;

	open_row(json, ends ? "E" : "B", PID_IO, event->tid);
	put_time(json, event->ts_ns);
	fputs(",\"cat\":\"syscall\",\"name\":", json->out);
	put_text(json->out, event->name, 32);
	if (ends)
		fprintf(json->out, ",\"args\":{\"result\":%" PRId64 "}", event->result);
	fputc('}', json->out);
}

int trace_json_event(void *arg, const struct trace_event *event)
{
	static void (*const put[])(struct trace_json *, const struct trace_event *) = {
		[TRACE_SWITCH] = put_switch,  [TRACE_WAKEUP] = put_wakeup,
		[TRACE_EXIT] = put_exit,      [TRACE_ENTRY] = put_entry,
		[TRACE_SUBMIT] = put_request, [TRACE_COMPLETE] = put_request,
		[TRACE_CALL] = put_call,      [TRACE_RETURN] = put_call,
		[TRACE_SAID] = NULL, /* marks say it better */
	};
	struct trace_json *json = arg;

	put_marks(json, event->ts_ns);
	if (put[event->kind]) {
		put[event->kind](json, event);
		json->nr_events++;
	}
	return ferror(json->out) ? -EIO : 0;
}

int trace_json_end(struct trace_json *json, struct err *err)
{
	put_marks(json, INT64_MAX);
	fputs("\n]}\n", json->out);
	return fflush(json->out) || ferror(json->out) ? err_sys(err, "the timeline") : 0;
}
