/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serve.c - one thread that waits for three things: a line, the clock, the crew.  Does no load itself. */
#include "serve.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "answer.h"
#include "cleanup.h"
#include "crew.h"
#include "text.h"
#include "wire.h"

enum phase { IDLE, PARKED, SETTING_UP, WARMING, READY, TIMED };

struct server {
	const struct serve *with;
	struct wire_reader reader;
	int timer_fd;
	enum phase phase;
	struct job job;
	const struct store *store;
	struct crew *crew;
	int64_t begin_ns;
	bool bye;
};

static int send_line(const struct server *server, const char *kind, const char *rest,
                     struct err *err)
{
	size_t size = strlen(kind) + strlen(rest) + 64;
	CLEANUP(str_free) char *line = malloc(size);
	int len;

	if (!line)
		return err_set(err, ENOMEM, "no memory for a line");
	len = wire_format(server->with->nonce, kind, rest, line, size);
	if (len < 0)
		return err_set(err, -len, "a '%s' line cannot be sent: %s", kind, strerror(-len));
	if (text_write_all(server->with->channel, line, (size_t)len, err) < 0)
		return err_in(err, "channel");
	return 0;
}

static int say(const struct server *server, struct err *err, const char *kind, const char *fmt, ...)
        PRINTF(4, 5);

static int say(const struct server *server, struct err *err, const char *kind, const char *fmt, ...)
{
	char rest[sizeof(err->text) + 64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(rest, sizeof(rest), fmt, args);
	va_end(args);
	return send_line(server, kind, rest, err);
}

static int set_timer(const struct server *server, int64_t at_ns, struct err *err)
{
	struct itimerspec at = { .it_value = { .tv_sec = at_ns / NSEC_PER_SEC,
		                               .tv_nsec = at_ns % NSEC_PER_SEC } };

	/* 0 disarms; a time in the past fires at once. */
	if (timerfd_settime(server->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		return err_sys(err, "timer");
	return 0;
}

/* The trial is over, whatever its phase; leaves us ready for the next prepare. */
static int drop_trial(struct server *server, struct err *err)
{
	crew_free(&server->crew);
	server->phase = IDLE;
	return set_timer(server, 0, err);
}

static int fail_trial(struct server *server, const char *why, struct err *err)
{
	uint64_t id = server->job.id;

	if (drop_trial(server, err) < 0)
		return -err->code;
	return say(server, err, "fail", "id=%" PRIu64 " %s", id, why);
}

static int start_trial(struct server *server, const struct wire_words *words, struct err *err)
{
	const struct serve *with = server->with;

	crew_free(&server->crew);
	if (job_parse(words, &server->job, err) < 0)
		return -err->code;
	server->store = &with->buffered;
	if (server->job.direct) /* where direct is not to be had, the host passes one without it */
		server->store = &with->direct;
	if (server->job.workload->is_io && store_check(server->store, &server->job, err) < 0)
		return -err->code;
	/* Natively the host places us and the workers; in the guest one vCPU may have to carry all. */
	if (with->in_guest && crew_step_down(err) < 0)
		return -err->code;
	if (crew_start(&server->job, server->store, 1, &server->crew, err) < 0)
		return -err->code;
	if (with->in_guest && crew_rise_above(&server->job, err) < 0) {
		crew_free(&server->crew);
		return -err->code;
	}
	return 0;
}

/* "1,2", and where workers have partners " partners=3,4" in the same order. */
static void format_tids(const struct server *server, char *buf, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < server->job.threads; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%d", i ? "," : "",
		                         crew_tid(server->crew, i));
	for (int i = 0; i < server->job.threads && crew_partner_tid(server->crew, i); i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%d",
		                         i ? "," : " partners=", crew_partner_tid(server->crew, i));
}

static int on_prepare(struct server *server, uint64_t id, const struct wire_words *words,
                      struct err *err)
{
	char tids[32 + 2 * JOB_THREADS_MAX * 12];
	struct err why;

	if (server->phase != IDLE)
		return say(server, err, "fail",
		           "id=%" PRIu64 " trial %" PRIu64 " is still under way", id,
		           server->job.id);
	if (start_trial(server, words, &why) < 0)
		return say(server, err, "fail", "id=%" PRIu64 " %s", id, why.text);
	format_tids(server, tids, sizeof(tids));
	server->phase = PARKED;
	return say(server, err, "parked", "id=%" PRIu64 " tids=%s", id, tids);
}

static int on_warm(struct server *server, struct err *err)
{
	(void)err;
	server->phase = SETTING_UP;
	crew_warm(server->crew);
	return 0;
}

static int on_go(struct server *server, struct err *err)
{
	server->begin_ns = clock_now_ns();
	crew_open_window(server->crew, server->begin_ns);
	server->phase = TIMED;
	return set_timer(server, server->begin_ns + server->job.duration_ns, err);
}

static int on_abort(struct server *server, struct err *err)
{
	return fail_trial(server, "aborted", err);
}

static const struct order {
	const char *kind;
	unsigned phases; /* in which it is valid, as bits */
	int (*handle)(struct server *server, struct err *err);
} orders[] = {
	{ "warm", 1u << PARKED, on_warm },
	{ "go", 1u << READY, on_go },
	{ "abort", ~(1u << IDLE), on_abort },
};

/* Words about the trial under way.  In the wrong order they end it: host and we no longer mean the same. */
static int on_order(struct server *server, const char *kind, uint64_t id, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (strcmp(orders[i].kind, kind) != 0)
			continue;
		if (server->phase == IDLE || id != server->job.id)
			return say(server, err, "fail", "id=%" PRIu64 " there is no such trial",
			           id);
		if (orders[i].phases & 1u << server->phase)
			return orders[i].handle(server, err);
		return fail_trial(server, "the host's words came in the wrong order", err);
	}
	return say(server, err, "fail", "id=%" PRIu64 " unknown word '%.32s'", id, kind);
}

static int on_message(struct server *server, const struct wire_message *message, struct err *err)
{
	CLEANUP(str_free) char *text = strdup(message->rest);
	struct wire_words words;
	const char *id_text;
	uint64_t id;

	if (!text)
		return err_set(err, ENOMEM, "no memory for a message");
	if (!strcmp(message->kind, "bye")) {
		server->bye = true;
		return 0;
	}
	if (wire_words_parse(text, &words) < 0)
		return say(server, err, "fail", "id=0 '%.32s' is not followed by key=value words",
		           message->kind);
	id_text = wire_word(&words, "id");
	if (!id_text || text_parse_u64(id_text, 0, UINT64_MAX, &id, NULL) < 0)
		return say(server, err, "fail", "id=0 '%.32s' has no id", message->kind);
	if (!strcmp(message->kind, "prepare"))
		return on_prepare(server, id, &words, err);
	return on_order(server, message->kind, id, err);
}

static int on_channel(struct server *server, struct err *err)
{
	char bytes[16384];
	struct wire_message message;
	ssize_t n = read(server->with->channel, bytes, sizeof(bytes));
	int rc = 0;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		return err_set(err, EPIPE, "the host has closed the channel");
	if (wire_feed(&server->reader, bytes, (size_t)n) < 0)
		return err_set(err, ENOMEM, "no memory for the host's words");
	while (!rc && !server->bye && wire_next(&server->reader, &message))
		rc = on_message(server, &message, err);
	return rc;
}

static int send_result(struct server *server, const struct tally *total, int64_t window_ns,
                       struct err *err)
{
	const struct answer answer = { &server->job, server->store, total, window_ns };
	const size_t size = WIRE_LINE_MAX - 64; /* nonce, checksum, kind and id still fit */
	CLEANUP(str_free) char *rest = malloc(size);
	struct err why;
	int head;

	if (!rest)
		return err_set(err, ENOMEM, "no memory for a result");
	head = snprintf(rest, size, "id=%" PRIu64 " ", server->job.id);
	if (answer_check(&answer, &why) < 0 ||
	    answer_json(&answer, rest + head, size - (size_t)head, &why) < 0)
		return say(server, err, "fail", "id=%" PRIu64 " %s", server->job.id, why.text);
	return send_line(server, "result", rest, err);
}

static void tally_free(struct tally **total)
{
	free(*total);
	*total = NULL;
}

static int finish_trial(struct server *server, struct err *err)
{
	int64_t end_ns = clock_now_ns();
	CLEANUP(tally_free) struct tally *total = NULL;
	struct err why;

	crew_close_window(server->crew, end_ns);
	if (say(server, err, "done", "id=%" PRIu64 " go_ns=%" PRId64 " clock_ns=%" PRId64,
	        server->job.id, server->begin_ns, clock_now_ns()) < 0)
		return -err->code;
	if (crew_stop(server->crew, &why) < 0)
		return fail_trial(server, why.text, err);
	total = malloc(sizeof(*total));
	if (!total)
		return err_set(err, ENOMEM, "no memory for a result");
	crew_total(server->crew, total);
	/* The crew rests until the next prepare: the host reads the workers' counters after our "done". */
	server->phase = IDLE;
	return send_result(server, total, end_ns - server->begin_ns, err);
}

static int become_ready(struct server *server, struct err *err)
{
	server->phase = READY;
	return say(server, err, "ready", "id=%" PRIu64 " clock_ns=%" PRId64, server->job.id,
	           clock_now_ns());
}

static int on_timer(struct server *server, struct err *err)
{
	uint64_t ticks;

	/* EAGAIN: the timer was set anew since poll() looked. */
	if (read(server->timer_fd, &ticks, sizeof(ticks)) < 0)
		return 0;
	if (server->phase == WARMING)
		return become_ready(server, err);
	return server->phase == TIMED ? finish_trial(server, err) : 0;
}

static int on_crew(struct server *server, struct err *err)
{
	enum crew_state state = crew_state(server->crew);
	struct err why = { 0 };

	if (state == CREW_FAILED && crew_stop(server->crew, &why) < 0)
		return fail_trial(server, why.text, err);
	if (state != CREW_RUNNING || server->phase != SETTING_UP)
		return 0;
	server->phase = WARMING;
	if (!server->job.warmup_ns)
		return become_ready(server, err);
	return set_timer(server, clock_now_ns() + server->job.warmup_ns, err);
}

static int say_hello(const struct server *server, struct err *err)
{
	const struct serve *with = server->with;
	struct utsname name;

	uname(&name);
	return say(server, err, "hello",
	           "proto=%d pid=%d cpus=%ld kernel=%s scratch_bytes=%" PRIu64 " clock_ns=%" PRId64,
	           WIRE_PROTO, getpid(), sysconf(_SC_NPROCESSORS_ONLN), name.release,
	           with->direct.fd >= 0 ? with->direct.bytes : with->buffered.bytes,
	           clock_now_ns());
}

/* The clock before the channel: a late word must not stretch the window. */
static int serve_once(struct server *server, struct err *err)
{
	struct pollfd fds[] = {
		{ .fd = server->timer_fd, .events = POLLIN },
		{ .fd = server->crew ? crew_fd(server->crew) : -1, .events = POLLIN },
		{ .fd = server->with->channel, .events = POLLIN },
	};
	int rc = 0;

	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return errno == EINTR ? 0 : err_sys(err, "poll");
	if (fds[0].revents)
		rc = on_timer(server, err);
	if (!rc && fds[1].revents && server->crew)
		rc = on_crew(server, err);
	if (!rc && fds[2].revents)
		rc = on_channel(server, err);
	return rc;
}

static void server_done(struct server *server)
{
	crew_free(&server->crew);
	wire_reader_done(&server->reader);
	fd_close(&server->timer_fd);
}

int serve_run(const struct serve *serve, struct err *err)
{
	CLEANUP(server_done) struct server server = { .with = serve, .timer_fd = -1 };

	if (wire_reader_init(&server.reader, NULL) < 0)
		return err_set(err, ENOMEM, "no memory for a reader");
	server.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server.timer_fd < 0)
		return err_sys(err, "timerfd");
	if (say_hello(&server, err) < 0)
		return -err->code;
	while (!server.bye) {
		if (serve_once(&server, err) < 0)
			return -err->code;
	}
	return 0;
}
