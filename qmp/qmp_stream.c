/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_stream.c - framing, bounds and parsing of what QEMU says.  Knows no command and waits for nothing. */
#include "qmp_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "json.h"
#include "qmp.h"

/* What json-c 0.16 takes from the heap, rounded up: a table of 16 entries for an object (32 slots for an array),
 * and for a member its value, its key and its share of a growing table. */
#define COST_CONTAINER 1024
#define COST_MEMBER    192

int qmp_stream_init(struct qmp_stream *stream, int fd, struct err *err)
{
	memset(stream, 0, offsetof(struct qmp_stream, buf));
	stream->fd = fd;
	stream->tok = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (!stream->tok)
		return err_set(err, ENOMEM, "out of memory");
	/* not JSON_TOKENER_VALIDATE_UTF8: json-c judges each call alone, and a read may cut a character */
	json_tokener_set_flags(stream->tok, JSON_TOKENER_STRICT);
	return 0;
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

/* RFC 3629, table 3-7 of Unicode: no overlong form, no surrogate, nothing past U+10FFFF. */
static bool utf8_accepts(struct qmp_stream *s, unsigned char c)
{
	if (s->utf8_more) {
		if (c < s->utf8_min || c > s->utf8_max)
			return false;
		s->utf8_min = 0x80;
		s->utf8_max = 0xbf;
		s->utf8_more--;
		return true;
	}
	if (c < 0x80)
		return true;
	if (c < 0xc2 || c > 0xf4)
		return false;
	s->utf8_more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	s->utf8_min = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	s->utf8_max = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

/* What json-c lets pass: control characters, and names in single quotes (which would hide the strings from us). */
static bool is_lax(const struct qmp_stream *s, unsigned char c)
{
	if (s->in_string)
		return c < 0x20;
	return (c < 0x20 && c != '\t' && c != '\r') || c == '\'';
}

/* Looks at the bytes before json-c builds anything of them. */
static int inspect(struct qmp_stream *s, const char *text, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_lax(s, c) || !utf8_accepts(s, c))
			return err_set(err, EPROTO, "byte 0x%02x is no JSON in UTF-8", c);
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
	s->line += len;
	s->cost += len;
	if (s->line > QMP_LINE_MAX)
		return err_set(err, EPROTO, "a message longer than %d bytes", QMP_LINE_MAX);
	if (s->cost > QMP_COST_MAX)
		return err_set(err, EPROTO, "a message of too many parts");
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

/* A piece of a line, without its newline. */
static int parse(struct qmp_stream *s, const char *text, size_t len, struct err *err)
{
	enum json_tokener_error state;
	int rc = inspect(s, text, len, err);

	if (rc)
		return rc;
	/* white space before the value costs json-c a call and tells nothing; after it nothing else may come */
	if (is_blank(text, len) && (s->message || !s->begun))
		return 0;
	if (s->message)
		return err_set(err, EPROTO, "more text after the message");
	s->begun = true;
	s->message = json_tokener_parse_ex(s->tok, text, (int)len);
	state = json_tokener_get_error(s->tok);
	if (state != json_tokener_success && state != json_tokener_continue)
		return err_set(err, EPROTO, "%s", json_tokener_error_desc(state));
	/* the caller tells messages apart by their keys, so a bare value is none (null would look like no value) */
	if (state == json_tokener_success && !json_object_is_type(s->message, json_type_object))
		return err_set(err, EPROTO, "a message that is no object");
	return 0;
}

/* At a newline: 1 a message, 0 the line was blank. */
static int finish(struct qmp_stream *s, struct json_object **ret, size_t *ret_cost, struct err *err)
{
	CLEANUP(json_done) struct json_object *message = STEAL(&s->message);
	bool begun = s->begun;

	*ret_cost = s->cost;
	s->begun = false;
	s->line = s->cost = 0;
	if (!begun)
		return 0;
	json_tokener_reset(s->tok);
	if (!message)
		return err_set(err, EPROTO, "a message that ends too early");
	if (!json_is_finite(message))
		return err_set(err, EPROTO, "a number that is none");
	*ret = STEAL(&message);
	return 1;
}

/* Empty lines cost a flooding peer next to nothing, so they should cost little here as well. */
static void skip_empty(struct qmp_stream *s)
{
	while (!s->line && s->head < s->tail &&
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
		int rc = parse(s, text, len, err);

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
	json_done(&stream->message);
	if (stream->tok)
		json_tokener_free(stream->tok);
	stream->tok = NULL;
}
