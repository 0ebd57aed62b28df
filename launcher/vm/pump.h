/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pump.h - the one poll() loop of a run: it owns the waiting, so that QMP, guest channel, console, stderr, pidfd,
 * signals and timers are all served whichever of them the program is waiting for.  No threads.
 */
#ifndef LAUNCHER_PUMP_H
#define LAUNCHER_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define PUMP_SOURCES_MAX 400 /* six a VM (--vms), and a few */

struct pump;

/* Called when the fd is ready; a negative return ends the wait in progress with that error. */
struct pump_source {
	int fd;
	short events; /* POLLIN, POLLOUT; 0: only errors and hang-up are watched */
	int (*ready)(void *arg, short revents, struct err *err);
	void *arg;
};

/* Listens to INT, TERM, HUP and QUIT from now on (stop.h); the first is answered on stderr. */
int pump_open(struct pump **ret, struct err *err) MUST_CHECK;
int pump_add(struct pump *pump, const struct pump_source *source, struct err *err) MUST_CHECK;
void pump_events(struct pump *pump, int fd, short events); /* changes what is waited for */
void pump_remove(struct pump *pump, int fd);

/* Serves everything until fd is ready (struct qmp_waiter's contract); -EINTR "interrupted" on the first signal. */
int pump_wait_fd(void *pump, int fd, short events, int64_t deadline_ns, struct err *err) MUST_CHECK;
/* Serves everything until done(arg) says so; deadline INT64_MAX: none.  -ETIMEDOUT, -EINTR. */
int pump_until(struct pump *pump, bool (*done)(const void *arg), const void *arg,
               int64_t deadline_ns, struct err *err) MUST_CHECK;
/* The first signal that came, 0 none. */
int pump_signal(const struct pump *pump);
/* How many came: a second one asks for the short way out. */
int pump_nr_signals(const struct pump *pump);
/* From now on a signal is counted but ends no wait: for the way out itself.  Returns what stood before. */
bool pump_set_leaving(struct pump *pump, bool leaving);
void pump_close(struct pump **pump);

#endif
