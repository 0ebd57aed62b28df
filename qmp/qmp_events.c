/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_events.c - events from QEMU wait here until somebody asks.  Knows no socket. */
#include "qmp_events.h"

#include <string.h>

#include "json.h"
#include "text.h"

void qmp_event_read(struct json_object *message, size_t cost, struct qmp_event *ret)
{
	struct json_object *name = json_object_object_get(message, "event");
	struct json_object *data = json_object_object_get(message, "data");

	*ret = (struct qmp_event){ .at_ns = clock_now_ns() };
	text_escape(json_object_get_string(name), (size_t)json_object_get_string_len(name),
	            ret->name, sizeof(ret->name));
	if (!json_object_is_type(data, json_type_object))
		return;
	ret->data = json_object_get(data);
	ret->cost = cost;
}

void qmp_event_done(struct qmp_event *event)
{
	json_done(&event->data);
	*event = (struct qmp_event){ 0 };
}

static struct qmp_event *at(struct qmp_events *events, int i)
{
	return &events->event[(events->first + i) % QMP_EVENTS_MAX];
}

void qmp_events_keep(struct qmp_events *events, struct qmp_event *event)
{
	/* the oldest tell how it began, and a flood must not wash them away: the newest go */
	if (events->nr == QMP_EVENTS_MAX || event->cost > QMP_EVENTS_COST - events->cost) {
		events->dropped++;
		qmp_event_done(event);
		return;
	}
	*at(events, events->nr++) = *event;
	events->cost += event->cost;
}

static void take(struct qmp_events *events, int i, struct qmp_event *ret)
{
	*ret = *at(events, i);
	for (; i > 0; i--)
		*at(events, i) = *at(events, i - 1);
	events->first = (events->first + 1) % QMP_EVENTS_MAX;
	events->nr--;
	events->cost -= ret->cost;
}

int qmp_events_take(struct qmp_events *events, const char *name, struct qmp_event *ret)
{
	for (int i = 0; i < events->nr; i++) {
		if (name && strcmp(at(events, i)->name, name))
			continue;
		take(events, i, ret);
		return 1;
	}
	return 0;
}

void qmp_events_done(struct qmp_events *events)
{
	struct qmp_event event;

	while (qmp_events_take(events, NULL, &event))
		qmp_event_done(&event);
}
