/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe.c - the table of observers, and one open set of them. */
#include "observe.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "caps.h"
#include "cleanup.h"
#include "counters.h"
#include "knob_kinds.h"
#include "spec.h"
#include "target.h"

static const struct observer_kind *const kinds[] = {
	&observe_counters,
	&observe_deep,
};

struct observer {
	enum observe level;
	void *state[ARRAY_SIZE(kinds)];
};

/* Where nothing is said: what the machine can count, is counted. */
static enum observe settle(const struct spec *spec)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_PERFMON);
	char why[200];

	(void)raised;
	if (spec->observe != OBSERVE_AUTO)
		return spec->observe;
	return spec->events || counters_have_pmu(why, sizeof(why)) ? OBSERVE_COUNTERS
	                                                           : OBSERVE_LIGHT;
}

int observer_open(struct target *target, const struct spec *spec, struct observer **ret,
                  struct err *err)
{
	CLEANUP(observer_close) struct observer *observer = calloc(1, sizeof(*observer));

	if (!observer)
		return err_set(err, ENOMEM, "out of memory");
	observer->level = settle(spec);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i]->open(target, spec, observer->level, &observer->state[i], err))
			return err_in(err, "%s", kinds[i]->name);
	}
	*ret = STEAL(&observer);
	return 0;
}

int observer_start(struct observer *observer, struct target *target, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (observer->state[i] && kinds[i]->start(observer->state[i], target, err))
			return err_in(err, "%s", kinds[i]->name);
	}
	return 0;
}

int observer_stop(struct observer *observer, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (observer->state[i] && kinds[i]->stop(observer->state[i], err))
			return err_in(err, "%s", kinds[i]->name);
	}
	return 0;
}

void observer_figures(const struct observer *observer, struct json_object *line)
{
	json_object_object_add(line, "observe",
	                       json_object_new_string(observe_names[observer->level]));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (observer->state[i])
			kinds[i]->figures(observer->state[i], line);
	}
}

void observer_close(struct observer **observer)
{
	if (!*observer)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if ((*observer)->state[i])
			kinds[i]->close(&(*observer)->state[i]);
	}
	free(*observer);
	*observer = NULL;
}
