/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe.c - the table of observers, and one open set of them. */
#include "observe.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>

#include "caps.h"
#include "cleanup.h"
#include "counters.h"
#include "counters_right.h"
#include "figure.h"
#include "json.h"
#include "knob_kinds.h"
#include "observe_cost.h"
#include "session.h"
#include "spec.h"
#include "target.h"

static const struct observer_kind *const kinds[] = {
	&observe_counters, &observe_deep, &observe_trace, &observe_punts, &observe_host,
};

struct observer {
	enum observe level; /* that was asked for */
	struct session *session;
	const struct spec *spec;
	double ns_per_switch; /* that the level costs; 0 or NaN: not known */
	void *state[ARRAY_SIZE(kinds)];
};

bool observe_needs_admin(void)
{
	return counters_need_admin() || !caps_have(CAP_PERFMON);
}

int observe_raise_admin(void)
{
	return observe_needs_admin() ? caps_raise(CAP_SYS_ADMIN) : -1;
}

/* Where nothing is said: what the machine can count, is counted. */
int observe_level(const struct spec *spec)
{
	CLEANUP(caps_lower) int perfmon = caps_raise(CAP_PERFMON), admin = observe_raise_admin();
	char why[200];

	(void)perfmon, (void)admin;
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
	observer->level = (enum observe)observe_level(spec);
	observer->session = target->session;
	observer->spec = spec;
	observer->ns_per_switch = observe_price(&target->session->observe, (int)observer->level,
	                                        spec, target->kvm);
	if (observer->level == OBSERVE_DEEP && spec->vms > 1 && target->guest)
		observer->ns_per_switch *= spec->vms; /* each VM's programs see every switch */
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

static double figure_value(struct json_object *figures, const char *name)
{
	struct json_object *figure;
	double value;

	if (json_get_object(figures, "figures", name, &figure, NULL) ||
	    json_get_double(figure, name, "value", &value, NULL))
		return NAN;
	return value;
}

/* The highest level of those kinds that saw the window. */
static enum observe level_watched(const struct observer *observer)
{
	int level = OBSERVE_LIGHT;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (observer->state[i] && kinds[i]->level > level &&
		    kinds[i]->watched(observer->state[i]))
			level = kinds[i]->level;
	}
	return (enum observe)level;
}

/* A first visit, which is dropped, needs none. */
static void note_lacks(const struct observer *observer)
{
	struct session *session = observer->session;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (observer->state[i] && kinds[i]->level && !session->unobserved[0] &&
		    !kinds[i]->watched(observer->state[i]))
			kinds[i]->lacks(observer->state[i], observer->spec, session->unobserved,
			                sizeof(session->unobserved));
	}
}

/* What each switch cost at this level, and what the kinds took beside it; NaN and *why where one is not known. */
static double cost_ns(const struct observer *observer, enum observe level, double switches,
                      const char **why)
{
	double sum = level > OBSERVE_LIGHT ? observer->ns_per_switch * switches : 0;

	if (level > OBSERVE_LIGHT && !(observer->ns_per_switch > 0 && isfinite(sum))) {
		*why = "the level's cost of a context switch could not be measured, or there is no "
		       "count of switches";
		return NAN;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && isfinite(sum); i++) {
		if (observer->state[i] && kinds[i]->cost_ns)
			sum += kinds[i]->cost_ns(observer->state[i], observer->session, why);
	}
	return sum;
}

/* As a share of the CPU time of the threads that were watched. */
static void put_cost(const struct observer *observer, enum observe level, struct json_object *line)
{
	const char *why = "the threads' CPU time is not known";
	struct json_object *figures;
	double ns, share;

	if (json_get_object(line, "result", "figures", &figures, NULL))
		return;
	ns = cost_ns(observer, level, figure_value(figures, "context_switches"), &why);
	share = ns > 0 ? 100 * ns * 1e-9 / figure_value(figures, "cpu_time_s") : ns;
	if (isfinite(share))
		figure_put(figures, "observer_cost", "%", BETTER_LOWER, share);
	else
		figure_none(figures, "observer_cost", "%", BETTER_LOWER, why);
	if (level > OBSERVE_LIGHT)
		json_object_object_add(line, "observe_ns_per_switch",
		                       isfinite(observer->ns_per_switch)
		                               ? json_object_new_double(observer->ns_per_switch)
		                               : NULL);
}

void observer_figures(const struct observer *observer, struct json_object *line)
{
	enum observe level;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (observer->state[i])
			kinds[i]->figures(observer->state[i], line);
	}
	level = level_watched(observer);
	json_object_object_add(line, "observe", json_object_new_string(observe_names[level]));
	if (level != observer->level)
		json_object_object_add(line, "observe_asked",
		                       json_object_new_string(observe_names[observer->level]));
	put_cost(observer, level, line);
	if (json_has(line, "arm"))
		note_lacks(observer);
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
