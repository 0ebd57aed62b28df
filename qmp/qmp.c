/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp.c - calls, replies and events of one conversation.  Knows no command's answer. */
#include "qmp.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "qmp_envelope.h"
#include "qmp_events.h"
#include "qmp_stream.h"
#include "text.h"

#define DRAIN_MAX (1024 * 1024) /* a peer that never pauses must not hold the caller */

/* A question that was sent before its call. */
struct asked {
	const char *command; /* NULL: a free place */
	int64_t id;
	struct json_object *reply; /* the whole message, where it came first */
};

struct qmp {
	int fd;
	struct qmp_waiter waiter;
	int64_t timeout_ns;
	int64_t last_id;
	bool gone, busy;
	struct err why; /* of gone */
	int version;
	char version_text[128];
	struct json_object *notes;
	struct qmp_events events;
	struct asked asked[QMP_ASKED_MAX];
	struct qmp_stream stream;
};

/* What the reading loop looks for, and what it found. */
struct hunt {
	const char *what; /* for messages: the command or the event */
	int64_t since_ns, deadline_ns;
	int64_t id;        /* of the reply; 0: none is wanted */
	bool greeting;     /* the greeting is wanted */
	const char *event; /* or this event */
	bool found;
	struct json_object *reply; /* the whole message */
	struct qmp_event got;
};

static int wait_poll(void *arg, int fd, short events, int64_t deadline_ns, struct err *err)
{
	(void)arg;
	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = events };
		int64_t left = deadline_ns - clock_now_ns();
		struct timespec ts = { .tv_sec = left / NSEC_PER_SEC,
			               .tv_nsec = left % NSEC_PER_SEC };
		int rc;

		if (left <= 0)
			return -ETIMEDOUT;
		rc = ppoll(&pfd, 1, &ts, NULL);
		if (rc > 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return err_sys(err, "poll");
	}
}

/* The conversation is over; its first reason stays. */
static void end(struct qmp *qmp, const struct err *why)
{
	if (qmp->gone)
		return;
	qmp->gone = true;
	if (why->code == ECONNRESET)
		qmp->why = *why;
	else
		err_set(&qmp->why, ECONNRESET, "QEMU sent something that is no QMP: %s", why->text);
}

static int is_over(const struct qmp *qmp, const char *what, struct err *err)
{
	return err_set(err, ECONNRESET, "%s: %s", what, qmp->why.text);
}

/* Is it the answer to the one question that is open?  QEMU leaves the id out where it could not read the command,
 * so an error without id is ours as well; any other id is of a call that was given up. */
static bool answers(const struct hunt *hunt, struct json_object *message)
{
	struct json_object *id = NULL;

	if (!hunt->id)
		return false;
	if (!json_object_object_get_ex(message, "id", &id))
		return json_has(message, "error");
	return json_object_is_type(id, json_type_int) && json_object_get_int64(id) == hunt->id &&
	       !json_has(message, "QMP");
}

/* A reply that its call will take; consumed. */
static void keep_reply(struct qmp *qmp, struct json_object **message)
{
	struct json_object *id = json_object_object_get(*message, "id");

	for (int i = 0; i < QMP_ASKED_MAX; i++) {
		struct asked *asked = &qmp->asked[i];

		if (asked->command && !asked->reply && json_object_is_type(id, json_type_int) &&
		    json_object_get_int64(id) == asked->id)
			asked->reply = STEAL(message);
	}
}

/* Files one message; consumes it. */
static int file(struct qmp *qmp, struct hunt *hunt, struct json_object *o, size_t cost,
                struct err *err)
{
	CLEANUP(json_done) struct json_object *message = o;
	struct qmp_event event;

	if (json_object_is_type(json_object_object_get(message, "event"), json_type_string)) {
		qmp_event_read(message, cost, &event);
		if (hunt->event && !hunt->found && !strcmp(hunt->event, event.name)) {
			hunt->got = event;
			hunt->found = true;
		} else {
			qmp_events_keep(&qmp->events, &event);
		}
		return 0;
	}
	if (!json_has(message, "return") && !json_has(message, "error") &&
	    !json_has(message, "QMP"))
		return err_set(err, EPROTO, "neither greeting, reply nor event");
	if (!hunt->found && (hunt->greeting ? json_has(message, "QMP") : answers(hunt, message))) {
		hunt->reply = STEAL(&message);
		hunt->found = true;
	} else {
		keep_reply(qmp, &message);
	}
	return 0;
}

/* Everything that is complete in the buffer, also past what was hunted: no poll() would tell of it again. */
static int file_all(struct qmp *qmp, struct hunt *hunt, struct err *err)
{
	for (;;) {
		struct json_object *message;
		size_t cost;
		int rc = qmp_stream_next(&qmp->stream, &message, &cost, err);

		if (rc > 0)
			rc = file(qmp, hunt, message, cost, err);
		else if (rc == 0)
			return 0;
		if (rc)
			return rc;
	}
}

/* 1 something came, 0 nothing is there now; -ECONNRESET ends the conversation. */
static int read_some(struct qmp *qmp, struct hunt *hunt)
{
	struct err why = { 0 };
	int rc = qmp_stream_fill(&qmp->stream, &why);

	if (rc > 0 && file_all(qmp, hunt, &why))
		rc = -EPROTO;
	if (rc < 0) {
		end(qmp, &why);
		return -ECONNRESET;
	}
	return rc;
}

static void drain(struct qmp *qmp)
{
	struct hunt nothing = { 0 };

	for (size_t n = 0; !qmp->gone && n < DRAIN_MAX; n += sizeof(qmp->stream.buf)) {
		if (read_some(qmp, &nothing) <= 0)
			return;
	}
}

static int gave_up(const struct hunt *hunt, struct err *err)
{
	int64_t ns = hunt->deadline_ns - hunt->since_ns;
	char span[32];

	ns = ns > 0 ? (ns + 999999) / 1000000 * 1000000 : 0; /* nobody reads nanoseconds */
	text_format_duration(ns, span, sizeof(span));
	if (hunt->event)
		return err_set(err, ETIMEDOUT, "QEMU sent no %s event for %s", hunt->what, span);
	return err_set(err, ETIMEDOUT, "%s: QEMU did not answer for %s", hunt->what, span);
}

static int wait_ready(struct qmp *qmp, const struct hunt *hunt, short events, struct err *err)
{
	struct err words = { 0 };
	int rc = qmp->waiter.wait(qmp->waiter.arg, qmp->fd, events, hunt->deadline_ns, &words);

	if (rc == -ETIMEDOUT)
		return gave_up(hunt, err);
	if (rc)
		return err_set(err, -rc, "%s: %s", hunt->what,
		               words.text[0] ? words.text : "interrupted");
	return 0;
}

/* Reads until the hunt is over.  The clock is looked at on each turn: a flood also ends at the deadline. */
static int hunt_down(struct qmp *qmp, struct hunt *hunt, struct err *err)
{
	while (!hunt->found) {
		int rc = qmp->gone ? -ECONNRESET : read_some(qmp, hunt);

		if (hunt->found)
			break;
		if (rc < 0)
			return is_over(qmp, hunt->what, err);
		if (clock_now_ns() >= hunt->deadline_ns)
			return gave_up(hunt, err);
		if (rc == 0)
			rc = wait_ready(qmp, hunt, POLLIN, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int send_all(struct qmp *qmp, const struct hunt *hunt, const char *text, struct err *err)
{
	size_t len = strlen(text), sent = 0;
	struct err why = { 0 };

	while (sent < len) {
		int rc = qmp_stream_send(&qmp->stream, text + sent, len - sent, &why);

		if (rc < 0) {
			drain(qmp); /* what QEMU said before it went is still there to read */
			end(qmp, &why);
			return is_over(qmp, hunt->what, err);
		}
		sent += (size_t)rc;
		rc = rc ? 0 : wait_ready(qmp, hunt, POLLOUT, err);
		if (rc && sent) { /* what follows would be read as the rest of this command */
			err_set(&why, ECONNRESET, "QEMU took only half of the command '%s'",
			        hunt->what);
			end(qmp, &why);
		}
		if (rc)
			return rc;
	}
	return 0;
}

/* One hunt at a time: the waiter serves other fds, and one of those may want to ask as well. */
static int begin(struct qmp *qmp, struct hunt *hunt, struct err *err)
{
	if (qmp->busy)
		return err_set(err, EBUSY, "%s: another QMP command is still open", hunt->what);
	if (qmp->gone && !hunt->event)
		return is_over(qmp, hunt->what, err);
	hunt->since_ns = clock_now_ns();
	if (!hunt->deadline_ns)
		hunt->deadline_ns = hunt->since_ns + qmp->timeout_ns;
	qmp->busy = true;
	return 0;
}

/* Sends the text, unless it was sent before, and waits for what is hunted, if anything is. */
static int converse(struct qmp *qmp, struct hunt *hunt, const char *text, bool waits,
                    struct err *err)
{
	int rc = begin(qmp, hunt, err);

	if (rc)
		return rc;
	rc = text ? send_all(qmp, hunt, text, err) : 0;
	if (!rc && waits)
		rc = hunt_down(qmp, hunt, err);
	qmp->busy = false;
	return rc;
}

/* "": a free place.  NULL: there is none. */
static struct asked *find_asked(struct qmp *qmp, const char *command)
{
	for (int i = 0; i < QMP_ASKED_MAX; i++) {
		const char *known = qmp->asked[i].command;

		if (!strcmp(known ? known : "", command))
			return &qmp->asked[i];
	}
	return NULL;
}

int qmp_ask(struct qmp *qmp, const char *command, struct err *err)
{
	struct hunt hunt = { .what = command };
	struct asked *asked = find_asked(qmp, "");
	CLEANUP(str_free) char *text = NULL;
	int64_t id = qmp->last_id + 1;
	int rc;

	if (!asked || find_asked(qmp, command))
		return 0;
	rc = qmp_command_format(command, NULL, id, &text, err);
	if (!rc)
		rc = converse(qmp, &hunt, text, false, err);
	if (rc)
		return rc;
	qmp->last_id = id;
	*asked = (struct asked){ .command = command, .id = id };
	return 0;
}

int qmp_call(struct qmp *qmp, const char *command, struct json_object *args,
             struct json_object **ret, struct err *err)
{
	struct asked *asked = args ? NULL : find_asked(qmp, command);
	struct hunt hunt = { .what = command, .id = asked ? asked->id : ++qmp->last_id };
	CLEANUP(json_done) struct json_object *reply = NULL;
	CLEANUP(str_free) char *text = NULL;
	struct json_object *value = NULL;
	int rc = asked ? 0 : qmp_command_format(command, args, hunt.id, &text, err);

	if (asked) {
		reply = asked->reply;
		*asked = (struct asked){ 0 };
	}
	if (!rc && !reply) {
		rc = converse(qmp, &hunt, text, true, err);
		reply = hunt.reply;
	}
	if (rc)
		return rc;
	if (json_object_object_get_ex(reply, "error", &value))
		return qmp_refusal(command, value, err);
	if (ret)
		*ret = json_object_get(json_object_object_get(reply, "return"));
	return 0;
}

int qmp_tell(struct qmp *qmp, const char *command, struct err *err)
{
	struct hunt hunt = { .what = command };
	CLEANUP(str_free) char *text = NULL;
	int rc = qmp_command_format(command, NULL, ++qmp->last_id, &text, err);

	return rc ? rc : converse(qmp, &hunt, text, false, err);
}

static int greet(struct qmp *qmp, struct err *err)
{
	struct hunt hunt = { .what = "greeting", .greeting = true };
	CLEANUP(json_done) struct json_object *greeting = NULL;
	int rc = converse(qmp, &hunt, NULL, true, err);

	greeting = hunt.reply;
	if (!rc)
		rc = qmp_greeting_read(greeting, &qmp->version, qmp->version_text,
		                       sizeof(qmp->version_text), err);
	return rc ? rc : qmp_call(qmp, "qmp_capabilities", NULL, NULL, err);
}

int qmp_open(int fd, const struct qmp_waiter *waiter, int64_t timeout_ns, struct qmp **ret,
             struct err *err)
{
	static const struct qmp_waiter plain = { .wait = wait_poll };
	CLEANUP(qmp_close) struct qmp *qmp = calloc(1, sizeof(*qmp));
	int rc;

	if (!qmp) {
		fd_close(&fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	qmp->fd = fd;
	qmp->waiter = waiter ? *waiter : plain;
	qmp->timeout_ns = timeout_ns;
	qmp_stream_init(&qmp->stream, fd);
	rc = greet(qmp, err);
	if (rc)
		return rc;
	*ret = STEAL(&qmp);
	return 0;
}

int qmp_drain(struct qmp *qmp, struct err *err)
{
	if (qmp->busy) /* the open call reads, and must find its reply */
		return 0;
	drain(qmp);
	return qmp->gone ? err_set(err, ECONNRESET, "%s", qmp->why.text) : 0;
}

int qmp_take_event(struct qmp *qmp, struct qmp_event *ret)
{
	return qmp_events_take(&qmp->events, NULL, ret);
}

int qmp_wait_event(struct qmp *qmp, const char *name, int64_t deadline_ns, struct qmp_event *ret,
                   struct err *err)
{
	struct hunt hunt = { .what = name, .event = name, .deadline_ns = deadline_ns };
	int rc = begin(qmp, &hunt, err);

	if (rc)
		return rc;
	hunt.found = qmp_events_take(&qmp->events, name, &hunt.got);
	rc = hunt_down(qmp, &hunt, err);
	qmp->busy = false;
	if (!rc)
		*ret = hunt.got;
	return rc;
}

void qmp_set_timeout(struct qmp *qmp, int64_t timeout_ns)
{
	qmp->timeout_ns = timeout_ns;
}

int qmp_fd(const struct qmp *qmp)
{
	return qmp->fd;
}

bool qmp_is_gone(const struct qmp *qmp)
{
	return qmp->gone;
}

uint64_t qmp_events_dropped(const struct qmp *qmp)
{
	return qmp->events.dropped;
}

int qmp_version(const struct qmp *qmp, const char **ret_text)
{
	if (ret_text)
		*ret_text = qmp->version_text;
	return qmp->version;
}

struct json_object **qmp_notes(struct qmp *qmp)
{
	return &qmp->notes;
}

void qmp_close(struct qmp **ptr)
{
	struct qmp *qmp = STEAL(ptr);

	if (!qmp)
		return;
	fd_close(&qmp->fd);
	json_done(&qmp->notes);
	for (int i = 0; i < QMP_ASKED_MAX; i++)
		json_done(&qmp->asked[i].reply);
	qmp_events_done(&qmp->events);
	qmp_stream_done(&qmp->stream);
	free(qmp);
}
