/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_events.h - the queue of events that nobody took yet, bounded in number and in heap.  Knows no socket. */
#ifndef QMP_QMP_EVENTS_H
#define QMP_QMP_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "qmp.h"

struct qmp_events {
	struct qmp_event event[QMP_EVENTS_MAX]; /* a ring */
	int first, nr;
	size_t cost;
	uint64_t dropped;
};

/* message: one whose "event" is a string; cost: its estimated heap. */
void qmp_event_read(struct json_object *message, size_t cost, struct qmp_event *ret);
/* Consumes event: kept, or dropped and counted where there is no room. */
void qmp_events_keep(struct qmp_events *events, struct qmp_event *event);
/* The oldest one of that name (NULL: of any); 0 none, 1 one. */
int qmp_events_take(struct qmp_events *events, const char *name, struct qmp_event *ret);
void qmp_events_done(struct qmp_events *events);

#endif
