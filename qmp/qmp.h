/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qmp.h - one conversation with one QEMU over one fd.  Synchronous: one call at a time.  Knows no VM.
 *
 * Replies are matched by id, events are queued (bounded, the rest counted).  A peer that closes, resets or sends
 * something that is no QMP ends the conversation: every later call answers -ECONNRESET with the first reason.
 * Source: docs/interop/qmp-spec.rst and qapi/ of QEMU.
 */
#ifndef QMP_QMP_H
#define QMP_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define QMP_LINE_MAX    (1024 * 1024) /* bytes of one message; QEMU 7.2's schema is 206,999 */
#define QMP_EVENTS_MAX  256           /* kept events; further ones are counted */
#define QMP_ASKED_MAX   4
#define QMP_EVENTS_COST (4 * 1024 * 1024) /* and the estimated bytes of heap of all kept */

struct qmp;
struct json_object;

/*
 * Every failure has words: "COMMAND: DESC (CLASS)" where QEMU refuses (-ENOSYS for CommandNotFound, -ENODEV for
 * DeviceNotFound, else -EIO), "COMMAND: QEMU did not answer for 30s" (-ETIMEDOUT, the conversation goes on: a late
 * reply is known by its id), "COMMAND: QEMU closed the QMP connection" (-ECONNRESET).  Foreign words are escaped.
 */

/* How to wait until fd is readable (or writable), so that a caller with more fds serves them meanwhile.
 * Returns 0 when ready, -ETIMEDOUT at the deadline (CLOCK_MONOTONIC ns), another -errno with words in err. */
struct qmp_waiter {
	int (*wait)(void *arg, int fd, short events, int64_t deadline_ns, struct err *err);
	void *arg;
};

struct qmp_event {
	char name[64];            /* printable; a strange one is escaped and cut */
	struct json_object *data; /* or NULL; owned by the event */
	int64_t at_ns;            /* CLOCK_MONOTONIC when read */
	size_t cost;              /* estimated heap of data */
};

/* Owns fd from the moment of the call, also on failure.  Reads the greeting and negotiates.  waiter NULL: poll().
 * timeout_ns bounds each later call as well. */
int qmp_open(int fd, const struct qmp_waiter *waiter, int64_t timeout_ns, struct qmp **ret,
             struct err *err) MUST_CHECK;
int qmp_call(struct qmp *qmp, const char *command, struct json_object *args /* consumed, or NULL */,
             struct json_object **ret /* owned by the caller; NULL: not wanted */, struct err *err)
        MUST_CHECK;

/* Sends a command without arguments, for the qmp_call() of the same command that follows: several questions on the way at
 * once cost one round trip.  At most QMP_ASKED_MAX are open; a further one is not sent before its call.  command must live. */
int qmp_ask(struct qmp *qmp, const char *command, struct err *err) MUST_CHECK;

/* Sends a command and does not wait for its reply, which is dropped when it comes. */
int qmp_tell(struct qmp *qmp, const char *command, struct err *err) MUST_CHECK;

/* Reads what is there without waiting (at most 1 MiB a call) and files it; 0, or -ECONNRESET when QEMU is gone. */
int qmp_drain(struct qmp *qmp, struct err *err) MUST_CHECK;
/* Takes the oldest queued event (the caller then owns it); 0 none, 1 one.  Does not read the fd. */
int qmp_take_event(struct qmp *qmp, struct qmp_event *ret);
/* Waits for an event by name; others stay queued. */
int qmp_wait_event(struct qmp *qmp, const char *name, int64_t deadline_ns, struct qmp_event *ret,
                   struct err *err) MUST_CHECK;
void qmp_event_done(struct qmp_event *event);

int qmp_fd(const struct qmp *qmp);
/* Of each later call. */
void qmp_set_timeout(struct qmp *qmp, int64_t timeout_ns);
bool qmp_is_gone(const struct qmp *qmp);
uint64_t qmp_events_dropped(const struct qmp *qmp);
/* From the greeting, e.g. 7.2.22 -> 70222; text as QEMU writes it. */
int qmp_version(const struct qmp *qmp, const char **ret_text);
/* Where qmp_query keeps what it needs to ask only once; released with the conversation. */
struct json_object **qmp_notes(struct qmp *qmp);
void qmp_close(struct qmp **qmp);

#endif
