/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pump.c - one poll() loop.  Knows fds and deadlines, no QEMU. */
#include "pump.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "progress.h"
#include "stop.h"
#include "text.h"

struct pump {
	int nr;
	struct pump_source source[PUMP_SOURCES_MAX];
	bool leaving, has_answered;
};

/* The first is answered at once: what it leads to may take its time. */
static void take_signals(struct pump *pump)
{
	stop_take();
	if (!pump->has_answered)
		progress_note("SIG%s: stopping; a second signal ends qlaunch at once",
		              sigabbrev_np(stop_signal()));
	pump->has_answered = true;
}

int pump_open(struct pump **ret, struct err *err)
{
	CLEANUP(pump_close) struct pump *pump = calloc(1, sizeof(*pump));

	if (!pump)
		return err_set(err, ENOMEM, "out of memory");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of write(), not our end */
	if (stop_listen(err))
		return -err->code;
	*ret = STEAL(&pump);
	return 0;
}

static struct pump_source *find(struct pump *pump, int fd)
{
	for (int i = 0; i < pump->nr; i++) {
		if (pump->source[i].fd == fd)
			return &pump->source[i];
	}
	return NULL;
}

int pump_add(struct pump *pump, const struct pump_source *source, struct err *err)
{
	if (pump->nr == PUMP_SOURCES_MAX)
		return err_set(err, EMFILE, "the pump serves at most %d files", PUMP_SOURCES_MAX);
	pump->source[pump->nr++] = *source;
	return 0;
}

void pump_events(struct pump *pump, int fd, short events)
{
	struct pump_source *source = find(pump, fd);

	if (source)
		source->events = events;
}

void pump_remove(struct pump *pump, int fd)
{
	struct pump_source *source = find(pump, fd);

	if (source)
		*source = pump->source[--pump->nr];
}

/* Rounds up, so that a deadline is never polled for in a busy loop. */
static int timeout_ms(int64_t deadline_ns)
{
	int64_t left = deadline_ns - clock_now_ns();

	if (deadline_ns == INT64_MAX)
		return -1;
	if (left <= 0)
		return 0;
	return left / 1000000 >= 60000 ? 60000 : (int)((left + 999999) / 1000000);
}

/* One poll() round over all sources and, if extra_fd >= 0, one more fd whose revents come back.  A callback may
 * add or remove sources: each is looked up again by its fd. */
static int turn(struct pump *pump, int extra_fd, short extra_events, int64_t deadline_ns,
                short *ret_extra, struct err *err)
{
	struct pollfd fds[PUMP_SOURCES_MAX + 2];
	int nr = pump->nr;

	for (int i = 0; i < nr; i++)
		fds[i] = (struct pollfd){ .fd = pump->source[i].fd,
			                  .events = pump->source[i].events };
	fds[nr] = (struct pollfd){ .fd = extra_fd, .events = extra_events };
	fds[nr + 1] = (struct pollfd){ .fd = stop_fd(), .events = POLLIN };
	if (poll(fds, (nfds_t)nr + 2, timeout_ms(deadline_ns)) < 0 && errno != EINTR)
		return err_sys(err, "poll");
	if (stop_wanted())
		take_signals(pump);
	*ret_extra = fds[nr].revents;
	for (int i = 0; i < nr; i++) {
		struct pump_source *source = fds[i].revents ? find(pump, fds[i].fd) : NULL;
		int rc = source && fds[i].fd != extra_fd
		                 ? source->ready(source->arg, fds[i].revents, err)
		                 : 0;

		if (rc < 0)
			return rc;
	}
	if (stop_signal() && !pump->leaving)
		return stop_explain(err);
	return 0;
}

int pump_wait_fd(void *arg, int fd, short events, int64_t deadline_ns, struct err *err)
{
	struct pump *pump = arg;

	for (;;) {
		short revents = 0;
		int rc = turn(pump, fd, events, deadline_ns, &revents, err);

		if (rc < 0)
			return rc;
		if (revents)
			return 0;
		if (clock_now_ns() >= deadline_ns)
			return err_set(err, ETIMEDOUT, "no answer in time");
	}
}

int pump_until(struct pump *pump, bool (*done)(const void *arg), const void *arg,
               int64_t deadline_ns, struct err *err)
{
	while (!done(arg)) {
		short revents;
		int rc = turn(pump, -1, 0, deadline_ns, &revents, err);

		if (rc < 0)
			return rc;
		if (!done(arg) && clock_now_ns() >= deadline_ns)
			return err_set(err, ETIMEDOUT, "no answer in time");
	}
	return 0;
}

int pump_signal(const struct pump *pump)
{
	(void)pump;
	return stop_signal();
}

int pump_nr_signals(const struct pump *pump)
{
	(void)pump;
	return stop_count();
}

bool pump_set_leaving(struct pump *pump, bool leaving)
{
	bool was = pump->leaving;

	pump->leaving = leaving;
	return was;
}

void pump_close(struct pump **pump)
{
	if (!*pump)
		return;
	free(*pump);
	*pump = NULL;
}
