/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe_counters.c - perf counters as an observer: the target's threads, the spec's events. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "caps.h"
#include "cleanup.h"
#include "counters.h"
#include "events.h"
#include "observe.h"
#include "result.h"
#include "spec.h"
#include "target.h"
#include "text.h"

struct watch {
	struct event_set set;
	struct counters *counters; /* NULL: not at this level */
	char why_none[200];
};

static void watch_free(struct watch **watch)
{
	if (*watch)
		counters_close(&(*watch)->counters);
	free(*watch);
	*watch = NULL;
}

static int attach(const struct target *target, struct watch *watch, struct err *err)
{
	CLEANUP(caps_lower) int perfmon = caps_raise(CAP_PERFMON), admin = observe_raise_admin();
	struct counters_thread *list = calloc((size_t)target->threads.nr + 1, sizeof(*list));
	int rc;

	(void)perfmon, (void)admin;
	if (!list)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < target->threads.nr; i++) {
		const struct thread *thread = &target->threads.list[i];

		list[i].tid = thread->tid;
		/* under TCG a vCPU is an ordinary thread: its guest has no mode of its own */
		list[i].is_vcpu = target->kvm && thread->role == ROLE_VCPU;
		text_copy(list[i].role, sizeof(list[i].role), role_name(thread->role));
		target_key(target, thread, list[i].key, sizeof(list[i].key));
	}
	rc = counters_open(&watch->set, list, target->threads.nr, &watch->counters, err);
	free(list);
	return rc;
}

static int open_counters(struct target *target, const struct spec *spec, int level, void **ret,
                         struct err *err)
{
	CLEANUP(watch_free) struct watch *watch = calloc(1, sizeof(*watch));
	int rc = 0;

	if (!watch)
		return err_set(err, ENOMEM, "out of memory");
	if (spec->events)
		rc = events_parse(spec->events, EVENTS_SYSFS, &watch->set, err);
	else
		events_builtin(&watch->set);
	if (rc)
		return err_in(err, "--events");
	if (level >= OBSERVE_COUNTERS)
		rc = attach(target, watch, err);
	else if (spec->observe != OBSERVE_AUTO)
		text_copy(watch->why_none, sizeof(watch->why_none),
		          "not asked for: --observe light");
	else
		(void)counters_have_pmu(watch->why_none, sizeof(watch->why_none));
	if (!rc)
		*ret = STEAL(&watch);
	return rc;
}

static int start(void *state, struct target *target, struct err *err)
{
	struct watch *watch = state;

	(void)target; /* threads born since are counted with the one that made them */
	(void)err;
	if (watch->counters)
		counters_start(watch->counters);
	return 0;
}

static int stop(void *state, struct err *err)
{
	struct watch *watch = state;

	(void)err;
	if (watch->counters)
		counters_stop(watch->counters);
	return 0;
}

static void warn(const struct watch *watch, struct json_object *line)
{
	double share = counters_share(watch->counters);

	if (share < 1)
		result_warn(line,
		            "events were counted only %.1f %% of the time, and scaled: the PMU "
		            "has fewer counters (\"share\" of each figure)",
		            share * 100);
	if (counters_user_only(watch->counters))
		result_warn(line, "counted in user mode only, of the host and of the guest: the "
		                  "kernel's part needs CAP_PERFMON or "
		                  "kernel.perf_event_paranoid at most 1");
}

static void figures(void *state, struct json_object *line)
{
	struct watch *watch = state;
	struct json_object *out;

	if (!json_object_object_get_ex(line, "figures", &out))
		return;
	if (!watch->counters) {
		counters_none(&watch->set, watch->why_none, out);
		return;
	}
	counters_figures(watch->counters, out);
	warn(watch, line);
}

static bool watched(const void *state)
{
	const struct watch *watch = state;

	return watch->counters && counters_any(watch->counters);
}

/* A machine without a PMU lacks what --observe counters would count; only events that were named can be missed there. */
static void lacks(const void *state, const struct spec *spec, char *buf, size_t size)
{
	const struct watch *watch = state;
	char why[200];
	bool is_refused;

	if (!watch->counters)
		return;
	is_refused = counters_refused(watch->counters, why, sizeof(why));
	if (spec->events)
		snprintf(buf, size, "--events %.100s: %s", spec->events, why);
	else if (spec->observe == OBSERVE_COUNTERS && is_refused)
		snprintf(buf, size, "--observe counters: %s", why);
}

static void close_counters(void **state)
{
	watch_free((struct watch **)state);
}

const struct observer_kind observe_counters = {
	"counters",
	open_counters,
	start,
	stop,
	figures,
	close_counters,
	.level = OBSERVE_COUNTERS,
	.watched = watched,
	.lacks = lacks,
};
