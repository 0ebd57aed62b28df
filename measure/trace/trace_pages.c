/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_pages.c - builds pages of a trace ring by the kernel's own description of them. */
#include "trace_pages.h"

#include <errno.h>
#include <event-parse.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tracefs.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"
#include "timeline.h"
#include "trace.h"

#define EVENT_HEADER 8 /* a word with length and delta 0, and the length behind it */

/* The event "ftrace/print" of this kernel. */
struct shape {
	struct tep_handle *tep;
	struct tep_format_field *type, *pid, *ip, *text;
	int id, page_bytes, header_bytes;
};

static void shape_done(struct shape *shape)
{
	if (shape->tep)
		tep_free(shape->tep);
	*shape = (struct shape){ 0 };
}

static int learn(const struct trace *trace, struct shape *shape, struct err *err)
{
	CLEANUP(str_free)
	char *header = tracefs_instance_file_read(NULL, "events/header_page", NULL);
	CLEANUP(str_free) char *text = NULL;
	struct tep_event *event = NULL;
	int size = 0;

	text = tracefs_event_file_read(trace_instance(trace), "ftrace", "print", "format", &size);
	shape->tep = tep_alloc();
	if (!shape->tep)
		return err_set(err, ENOMEM, "out of memory");
	tep_set_loglevel(TEP_LOG_NONE);
	if (header && text &&
	    !tep_parse_header_page(shape->tep, header, strlen(header), sizeof(long)) &&
	    !tep_parse_event(shape->tep, text, (unsigned long)size, "ftrace"))
		event = tep_find_event_by_name(shape->tep, "ftrace", "print");
	if (event) {
		shape->id = event->id;
		shape->type = tep_find_common_field(event, "common_type");
		shape->pid = tep_find_common_field(event, "common_pid");
		shape->ip = tep_find_field(event, "ip");
		shape->text = tep_find_field(event, "buf");
	}
	shape->page_bytes = tep_get_sub_buffer_size(shape->tep);
	/* a time stamp, then the bytes in use */
	shape->header_bytes = 8 + tep_get_header_page_size(shape->tep);
	if (!shape->type || !shape->pid || !shape->ip || !shape->text || shape->type->size != 2 ||
	    shape->pid->size != 4 || shape->page_bytes < 1024 || shape->header_bytes > 16)
		return err_set(err, EPROTO, "this kernel's trace pages are of an unknown shape");
	return 0;
}

/* "qload: go (qload's clock, within 5 ns)" */
static void format_line(const struct trace_mark *mark, char *buf, size_t size)
{
	snprintf(buf, size, "qlaunch: %s%s%s%s\n", mark->name, mark->text[0] ? " (" : "",
	         mark->text, mark->text[0] ? ")" : "");
}

static void fill_page(const struct shape *shape, const struct trace_mark *mark, pid_t pid,
                      char *page)
{
	const uint64_t ts = (uint64_t)mark->ts_ns;
	char line[256], *event = page + shape->header_bytes + EVENT_HEADER;
	const uint16_t type = (uint16_t)shape->id;
	const int32_t tid = pid;
	uint32_t bytes, header[2] = { 0 };
	uint64_t used;

	format_line(mark, line, sizeof(line));
	bytes = ((uint32_t)shape->text->offset + (uint32_t)strlen(line) + 1 + 3) & ~3u;
	header[1] = bytes + (uint32_t)sizeof(header[1]);
	used = EVENT_HEADER + bytes;
	memset(page, 0, (size_t)shape->page_bytes);
	memcpy(page, &ts, sizeof(ts));
	memcpy(page + sizeof(ts), &used, (size_t)shape->header_bytes - sizeof(ts));
	memcpy(event - EVENT_HEADER, header, sizeof(header));
	memcpy(event + shape->type->offset, &type, sizeof(type));
	memcpy(event + shape->pid->offset, &tid, sizeof(tid));
	/* no function said it: an address that none has, as 0 is the first one's where addresses are hidden */
	memset(event + shape->ip->offset, 0xff, (size_t)shape->ip->size);
	memcpy(event + shape->text->offset, line, strlen(line));
}

int trace_pages_make(const struct trace *trace, const struct timeline_facts *facts, int *ret_fd,
                     struct err *err)
{
	CLEANUP(shape_done) struct shape shape = { 0 };
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(str_free) char *page = NULL;
	int rc;

	*ret_fd = -1;
	if (!facts->nr_marks)
		return 0;
	rc = learn(trace, &shape, err);
	if (rc)
		return rc;
	page = malloc((size_t)shape.page_bytes);
	fd = memfd_create("qlaunch-marks", MFD_CLOEXEC);
	if (!page)
		return err_set(err, ENOMEM, "out of memory");
	if (fd < 0)
		return err_sys(err, "the trace's marks");
	for (int i = 0; i < facts->nr_marks && !rc; i++) {
		fill_page(&shape, &facts->marks[i], facts->pid, page);
		rc = text_write_all(fd, page, (size_t)shape.page_bytes, err);
	}
	if (!rc)
		*ret_fd = STEAL_FD(&fd);
	return rc;
}
