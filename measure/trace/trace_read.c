/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_read.c - one cursor a CPU; the earliest event of all is next. */
#include "trace_read.h"

#include <errno.h>
#include <event-parse.h>
#include <kbuffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tracefs.h>

#include "cleanup.h"
#include "trace.h"

/* One sort of event: its number in this kernel, and where its fields are. */
struct format {
	struct tep_event *event;
	enum trace_kind kind;
	const char *name;
	struct tep_format_field *tid, *other, *value, *result, *isa, *comm, *other_comm, *prio,
	        *other_prio;
};

struct cursor {
	unsigned char *pages; /* mapped */
	size_t bytes, next;   /* next: of the page after this one */
	struct kbuffer *kbuffer;
	unsigned char *page; /* a copy: kbuffer reads past no end of it */
	void *at;            /* NULL: no more */
	unsigned long long ts;
	int missed; /* before this event */
};

struct reader {
	struct tep_handle *tep;
	struct format *format;
	int nr_formats, nr_cpus, page_bytes;
	struct cursor *cursor;
};

static void reader_done(struct reader *reader)
{
	for (int i = 0; i < reader->nr_cpus && reader->cursor; i++) {
		struct cursor *cursor = &reader->cursor[i];

		if (cursor->pages)
			munmap(cursor->pages, cursor->bytes);
		if (cursor->kbuffer)
			kbuffer_free(cursor->kbuffer);
		free(cursor->page);
	}
	free(reader->cursor);
	free(reader->format);
	if (reader->tep)
		tep_free(reader->tep);
	*reader = (struct reader){ 0 };
}

static const struct {
	const char *event;
	enum trace_kind kind;
	const char *tid, *other, *value, *result, *isa, *comm, *other_comm, *prio, *other_prio;
} shapes[] = {
	{ "sched_switch", TRACE_SWITCH, "prev_pid", "next_pid", "prev_state", NULL, NULL,
	  "prev_comm", "next_comm", "prev_prio", "next_prio" },
	{ "sched_waking", TRACE_WAKEUP, NULL, "pid", "target_cpu", NULL, NULL, NULL, "comm", NULL,
	  "prio" },
	{ "sched_wakeup_new", TRACE_BORN, NULL, "pid", "target_cpu", NULL, NULL, NULL, "comm", NULL,
	  "prio" },
	{ "kvm_exit", TRACE_EXIT, .value = "exit_reason", .isa = "isa" },
	{ "kvm_entry", TRACE_ENTRY, .value = "vcpu_id" },
	{ "io_uring_submit_req", TRACE_SUBMIT, .value = "req" },
	{ "io_uring_submit_sqe", TRACE_SUBMIT, .value = "req" },
	{ "io_uring_complete", TRACE_COMPLETE, .value = "req", .result = "res" },
	{ "print", TRACE_SAID, .value = NULL },
};

static struct tep_format_field *field(const struct format *format, const char *name)
{
	return name ? tep_find_field(format->event, name) : NULL;
}

static void shape(struct format *format)
{
	const char *name = format->event->name;

	if (!strncmp(name, "sys_enter_", 10)) {
		format->kind = TRACE_CALL;
		format->name = name + 10;
	} else if (!strncmp(name, "sys_exit_", 9)) {
		format->kind = TRACE_RETURN;
		format->name = name + 9;
		format->result = field(format, "ret");
	}
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (strcmp(shapes[i].event, name))
			continue;
		format->kind = shapes[i].kind;
		format->tid = field(format, shapes[i].tid);
		format->other = field(format, shapes[i].other);
		format->value = field(format, shapes[i].value);
		format->result = field(format, shapes[i].result);
		format->isa = field(format, shapes[i].isa);
		format->comm = field(format, shapes[i].comm);
		format->other_comm = field(format, shapes[i].other_comm);
		format->prio = field(format, shapes[i].prio);
		format->other_prio = field(format, shapes[i].other_prio);
	}
}

/* Only what we asked for: the kernel describes thousands. */
static void learn(struct reader *reader, const struct trace *trace, const char *system,
                  const char *name)
{
	struct tracefs_instance *instance = trace_instance(trace);
	CLEANUP(str_free) char *text = NULL;
	struct format *format = &reader->format[reader->nr_formats];
	int size = 0;

	text = tracefs_event_file_read(instance, system, name, "format", &size);
	if (!text || tep_parse_event(reader->tep, text, (unsigned long)size, system))
		return;
	format->event = tep_find_event_by_name(reader->tep, system, name);
	if (!format->event)
		return;
	shape(format);
	reader->nr_formats++;
}

static int learn_all(struct reader *reader, const struct trace *trace, struct err *err)
{
	CLEANUP(str_free)
	char *header = tracefs_instance_file_read(NULL, "events/header_page", NULL);
	long page = sysconf(_SC_PAGESIZE);

	reader->tep = tep_alloc();
	reader->format = calloc((size_t)trace_nr_sources + 1, sizeof(*reader->format));
	if (!reader->tep || !reader->format)
		return err_set(err, ENOMEM, "out of memory");
	tep_set_loglevel(TEP_LOG_NONE);
	if (!header || tep_parse_header_page(reader->tep, header, strlen(header), sizeof(long)))
		return err_set(err, EPROTO, "this kernel's trace pages are of an unknown shape");
	reader->page_bytes = tep_get_sub_buffer_size(reader->tep);
	if (reader->page_bytes < 64)
		reader->page_bytes = (int)page;
	for (int i = 0; i < trace_nr_sources; i++)
		learn(reader, trace, trace_sources[i].system, trace_sources[i].event);
	learn(reader, trace, "ftrace", "print");
	return 0;
}

/* The event at the cursor, over as many pages as it takes. */
static void settle(const struct reader *reader, struct cursor *cursor)
{
	size_t page_bytes = (size_t)reader->page_bytes;

	while (!cursor->at && cursor->next + page_bytes <= cursor->bytes) {
		memcpy(cursor->page, cursor->pages + cursor->next, page_bytes);
		cursor->next += page_bytes;
		if (kbuffer_load_subbuffer(cursor->kbuffer, cursor->page) ||
		    kbuffer_subbuffer_size(cursor->kbuffer) <= 0)
			continue;
		cursor->missed = kbuffer_missed_events(cursor->kbuffer);
		cursor->at = kbuffer_read_event(cursor->kbuffer, &cursor->ts);
	}
}

static void advance(const struct reader *reader, struct cursor *cursor)
{
	cursor->missed = 0;
	cursor->at = kbuffer_next_event(cursor->kbuffer, &cursor->ts);
	settle(reader, cursor);
}

static int open_cursor(struct reader *reader, struct cursor *cursor, int fd, struct err *err)
{
	struct stat st;

	if (fd < 0)
		return 0; /* this CPU was not there */
	if (fstat(fd, &st))
		return err_sys(err, "the trace's bytes");
	if (!st.st_size)
		return 0;
	cursor->pages = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (cursor->pages == MAP_FAILED) {
		cursor->pages = NULL;
		return err_sys(err, "the trace's bytes");
	}
	cursor->bytes = (size_t)st.st_size;
	cursor->page = calloc(1, (size_t)reader->page_bytes);
	cursor->kbuffer = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST);
	if (!cursor->page || !cursor->kbuffer)
		return err_set(err, ENOMEM, "out of memory");
	settle(reader, cursor);
	return 0;
}

static uint64_t number(struct tep_format_field *from, const void *data)
{
	unsigned long long value = 0;

	return from && !tep_read_number_field(from, data, &value) ? value : 0;
}

static void name_from(const struct tep_format_field *from, const void *data, char *ret)
{
	if (from && from->size > 0)
		memcpy(ret, (const char *)data + from->offset,
		       (size_t)(from->size < TRACE_COMM_MAX ? from->size : TRACE_COMM_MAX));
}

/* A line of trace_marker follows the fixed fields, terminated, and with its own newline. */
static void said(const struct format *format, char *data, int size, struct trace_event *ret)
{
	struct tep_format_field *text = tep_find_field(format->event, "buf");

	if (!text || text->offset >= size ||
	    !memchr(data + text->offset, '\0', (size_t)(size - text->offset)))
		return;
	data[text->offset + (int)strcspn(data + text->offset, "\n")] = '\0';
	ret->name = data + text->offset;
}

static int decode(const struct reader *reader, const struct cursor *cursor, int cpu,
                  struct trace_event *ret)
{
	struct tep_record record = { .data = cursor->at,
		                     .size = kbuffer_event_size(cursor->kbuffer) };
	int id = tep_data_type(reader->tep, &record);
	const struct format *format = NULL;

	for (int i = 0; i < reader->nr_formats && !format; i++) {
		if (reader->format[i].event->id == id)
			format = &reader->format[i];
	}
	if (!format)
		return 0;
	*ret = (struct trace_event){
		.ts_ns = cursor->ts, .cpu = cpu, .kind = format->kind, .missed = cursor->missed
	};
	ret->tid = format->tid ? (pid_t)number(format->tid, cursor->at)
	                       : tep_data_pid(reader->tep, &record);
	ret->other = (pid_t)number(format->other, cursor->at);
	ret->value = number(format->value, cursor->at);
	ret->result = (int64_t)number(format->result, cursor->at);
	ret->isa = (unsigned int)number(format->isa, cursor->at);
	ret->prio = (int)number(format->prio, cursor->at);
	ret->other_prio = (int)number(format->other_prio, cursor->at);
	ret->name = format->name;
	if (format->kind == TRACE_COMPLETE)
		ret->result = (int32_t)ret->result;
	name_from(format->comm, cursor->at, ret->comm);
	name_from(format->other_comm, cursor->at, ret->other_comm);
	if (format->kind == TRACE_SAID)
		said(format, cursor->at, record.size, ret);
	return 1;
}

static int earliest(const struct reader *reader)
{
	int best = -1;

	for (int i = 0; i < reader->nr_cpus; i++) {
		if (reader->cursor[i].at &&
		    (best < 0 || reader->cursor[i].ts < reader->cursor[best].ts))
			best = i;
	}
	return best;
}

int trace_read(const struct trace *trace, int (*see)(void *arg, const struct trace_event *event),
               void *arg, struct err *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	int cpu, rc = learn_all(&reader, trace, err);

	if (rc)
		return rc;
	reader.cursor = calloc((size_t)trace_nr_cpus(trace), sizeof(*reader.cursor));
	if (!reader.cursor)
		return err_set(err, ENOMEM, "out of memory");
	reader.nr_cpus = trace_nr_cpus(trace);
	for (int i = 0; i < reader.nr_cpus && !rc; i++)
		rc = open_cursor(&reader, &reader.cursor[i], trace_kept_fd(trace, i), err);
	while (!rc && (cpu = earliest(&reader)) >= 0) {
		struct trace_event event;

		if (decode(&reader, &reader.cursor[cpu], cpu, &event))
			rc = see(arg, &event);
		advance(&reader, &reader.cursor[cpu]);
		if (rc)
			err_set(err, -rc, "%s", strerror(-rc));
	}
	return rc;
}
