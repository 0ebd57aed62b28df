/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qmp_stream.h - bytes of one socket -> whole JSON messages, one a line, within fixed bounds.  Knows no command,
 * and waits for nothing.
 *
 * The peer is not trusted: a line is at most QMP_LINE_MAX long and JSON_DEPTH_MAX deep, strict JSON in strict
 * UTF-8, and its tree may not cost more than QMP_COST_MAX (350,000 empty objects fit in one line and would take
 * hundreds of megabytes).  Whatever breaks a bound ends the stream.
 */
#ifndef QMP_QMP_STREAM_H
#define QMP_QMP_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define QMP_COST_MAX (32u * 1024 * 1024) /* estimated bytes of heap of one message */

struct json_object;

struct qmp_stream {
	int fd;     /* borrowed; -1: fed by hand */
	char *line; /* what has come of it */
	size_t line_len, line_size, cost;
	bool in_string, escaped; /* at its end */
	size_t head, tail;
	char buf[64 * 1024];
};

void qmp_stream_init(struct qmp_stream *stream, int fd);
/* Reads once without waiting: 1 something came, 0 nothing there now, -ECONNRESET the peer is gone. */
int qmp_stream_fill(struct qmp_stream *stream, struct err *err) MUST_CHECK;
/* Takes at most what is free in the buffer; returns how much. */
size_t qmp_stream_feed(struct qmp_stream *stream, const void *bytes, size_t len);
/* 1 and a message (the caller's; ret_cost: its estimated heap), 0 more bytes are needed, -EPROTO this is no QMP. */
int qmp_stream_next(struct qmp_stream *stream, struct json_object **ret, size_t *ret_cost,
                    struct err *err) MUST_CHECK;
/* Sends what fits without waiting; returns how much (0: full), -ECONNRESET the peer is gone.  Never SIGPIPE. */
int qmp_stream_send(struct qmp_stream *stream, const char *text, size_t len, struct err *err)
        MUST_CHECK;
void qmp_stream_done(struct qmp_stream *stream);

#endif
