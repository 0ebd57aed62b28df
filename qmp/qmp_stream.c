/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_stream.c - framing, bounds and parsing of what QEMU says.  Knows no command and waits for nothing. */
#include "qmp_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "json.h"
#include "qmp.h"

/* What json-c 0.16 takes from the heap, rounded up: a table of 16 entries for an object (32 slots for an array),
 * and for a member its value, its key and its share of a growing table. */
#define COST_CONTAINER 1024
#define COST_MEMBER    192

void qmp_stream_init(struct qmp_stream *stream, int fd)
{
	memset(stream, 0, offsetof(struct qmp_stream, buf));
	stream->fd = fd;
}

static int gone(struct err *err)
{
	return err_set(err, ECONNRESET, "QEMU closed the QMP connection");
}

/* A killed QEMU shows as EOF or as ECONNRESET, by chance; on sending as EPIPE. */
static int failed(const char *what, struct err *err)
{
	if (errno == ECONNRESET || errno == EPIPE || errno == ENOTCONN)
		return gone(err);
	return err_sys(err, "%s", what);
}

int qmp_stream_fill(struct qmp_stream *stream, struct err *err)
{
	ssize_t n;

	if (stream->head == stream->tail)
		stream->head = stream->tail = 0;
	if (stream->tail == sizeof(stream->buf))
		return 1;
	do
		n = recv(stream->fd, stream->buf + stream->tail, sizeof(stream->buf) - stream->tail,
		         MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return gone(err);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : failed("QMP recv", err);
	stream->tail += (size_t)n;
	return 1;
}

size_t qmp_stream_feed(struct qmp_stream *stream, const void *bytes, size_t len)
{
	if (stream->head == stream->tail)
		stream->head = stream->tail = 0;
	if (len > sizeof(stream->buf) - stream->tail)
		len = sizeof(stream->buf) - stream->tail;
	if (len)
		memcpy(stream->buf + stream->tail, bytes, len);
	stream->tail += len;
	return len;
}

/* What the line's tree may cost, before json-c builds it. */
static int count(struct qmp_stream *s, const char *text, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (s->escaped)
			s->escaped = false;
		else if (c == '"')
			s->in_string = !s->in_string;
		else if (s->in_string)
			s->escaped = c == '\\';
		else if (c == '{' || c == '[')
			s->cost += COST_CONTAINER;
		else if (c == ',')
			s->cost += COST_MEMBER;
	}
	s->cost += len;
	if (s->line_len + len > QMP_LINE_MAX)
		return err_set(err, EPROTO, "a message longer than %d bytes", QMP_LINE_MAX);
	if (s->cost > QMP_COST_MAX)
		return err_set(err, EPROTO, "a message of too many parts");
	return 0;
}

/* A piece of a line, without its newline. */
static int append(struct qmp_stream *s, const char *text, size_t len, struct err *err)
{
	int rc = count(s, text, len, err);
	char *more;

	if (rc || !len)
		return rc;
	if (s->line_len + len > s->line_size) {
		size_t size = 2 * (s->line_len + len);

		more = realloc(s->line, size);
		if (!more)
			return err_set(err, ENOMEM, "out of memory");
		s->line = more;
		s->line_size = size;
	}
	memcpy(s->line + s->line_len, text, len);
	s->line_len += len;
	return 0;
}

static bool is_blank(const char *text, size_t len)
{
	for (; len; text++, len--) {
		if (*text != ' ' && *text != '\t' && *text != '\r')
			return false;
	}
	return true;
}

/* At a newline: 1 a message, 0 the line was blank. */
static int finish(struct qmp_stream *s, struct json_object **ret, size_t *ret_cost, struct err *err)
{
	CLEANUP(json_done) struct json_object *message = NULL;
	size_t len = s->line_len;
	struct err why;

	*ret_cost = s->cost;
	s->line_len = s->cost = 0;
	s->in_string = s->escaped = false;
	if (is_blank(s->line, len))
		return 0;
	if (json_parse(s->line, len, &message, &why))
		return err_set(err, EPROTO, "%s", why.text);
	/* the caller tells messages apart by their keys, so a bare value is none */
	if (!json_object_is_type(message, json_type_object))
		return err_set(err, EPROTO, "a message that is no object");
	*ret = STEAL(&message);
	return 1;
}

/* Empty lines cost a flooding peer next to nothing, so they should cost little here as well. */
static void skip_empty(struct qmp_stream *s)
{
	while (!s->line_len && s->head < s->tail &&
	       (s->buf[s->head] == '\n' || s->buf[s->head] == '\r'))
		s->head++;
}

int qmp_stream_next(struct qmp_stream *s, struct json_object **ret, size_t *ret_cost,
                    struct err *err)
{
	for (skip_empty(s); s->head < s->tail; skip_empty(s)) {
		char *text = s->buf + s->head;
		char *end = memchr(text, '\n', s->tail - s->head);
		size_t len = end ? (size_t)(end - text) : s->tail - s->head;
		int rc = append(s, text, len, err);

		if (rc)
			return rc;
		s->head += len + !!end;
		rc = end ? finish(s, ret, ret_cost, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

int qmp_stream_send(struct qmp_stream *stream, const char *text, size_t len, struct err *err)
{
	ssize_t n;

	do
		n = send(stream->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : failed("QMP send", err);
	return (int)n;
}

void qmp_stream_done(struct qmp_stream *stream)
{
	str_free(&stream->line);
}
