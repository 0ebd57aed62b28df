/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exits.c - KVM's counters over a window, as figures.  Knows no QMP: the caller asks. */
#include "exits.h"

#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "err.h" /* ARRAY_SIZE */
#include "figure.h"

#define VCPUS_MAX 1024 /* of a figure's parts; a hostile reply may name any vCPU */

struct window {
	const struct exits_stat *start, *end;
	int nr_start, nr_end;
	const char *why_none;
};

static const struct exits_stat *find(const struct exits_stat *list, int nr, int vcpu,
                                     const char *name)
{
	for (int i = 0; i < nr; i++) {
		if (list[i].vcpu == vcpu && !strcmp(list[i].name, name))
			return &list[i];
	}
	return NULL;
}

/* A vCPU that was not there at the start, or a counter that went back, has no difference: NaN. */
static double difference(const struct window *window, const struct exits_stat *end)
{
	const struct exits_stat *start = find(window->start, window->nr_start, end->vcpu,
	                                      end->name);

	if (!start || end->value < start->value)
		return NAN;
	return (double)(end->value - start->value);
}

/* A reply that names a counter twice counts it once. */
static bool is_first(const struct exits_stat *list, int i)
{
	return !find(list, i, list[i].vcpu, list[i].name);
}

/* Over the vCPUs; NaN where one is unknown at one end, or none has the counter. */
static double total(const struct window *window, const char *name)
{
	double sum = 0;
	int nr = 0;

	for (int i = 0; i < window->nr_end; i++) {
		if (strcmp(window->end[i].name, name) || !is_first(window->end, i))
			continue;
		sum += difference(window, &window->end[i]);
		nr++;
	}
	for (int i = 0; i < window->nr_start; i++) {
		if (!strcmp(window->start[i].name, name) &&
		    !find(window->end, window->nr_end, window->start[i].vcpu, name))
			return NAN;
	}
	return nr ? sum : NAN;
}

static bool is_kind(const char *name)
{
	size_t len = strlen(name), tail = strlen("_exits");

	return len > tail && !strcmp(name + len - tail, "_exits");
}

static const char *reason(const struct window *window, const char *name, char *buf, size_t size)
{
	if (window->why_none)
		return window->why_none;
	if (!window->nr_end)
		return "KVM gave no counters";
	snprintf(buf, size, "KVM's counter %s is not there at both ends of the window", name);
	return buf;
}

static const char uncounted[] = "KVM's counter is not there at both ends of the window";

static void put_vcpus(const struct window *window, const char *name, double scale,
                      struct json_object *figure)
{
	for (int i = 0; i < window->nr_end; i++) {
		const struct exits_stat *end = &window->end[i];
		char key[32];

		if (strcmp(end->name, name) || !is_first(window->end, i) || end->vcpu < 0 ||
		    end->vcpu >= VCPUS_MAX)
			continue;
		snprintf(key, sizeof(key), "vcpu/%d", end->vcpu);
		figure_part(figure, key, difference(window, end) * scale, uncounted);
	}
}

static void put_exits(const struct window *window, struct json_object *figures)
{
	double sum = total(window, "exits");
	struct json_object *figure;
	char why[96];

	if (isnan(sum)) {
		figure_none(figures, "vm_exits", "1", BETTER_NONE,
		            reason(window, "exits", why, sizeof(why)));
		return;
	}
	figure = figure_put_count(figures, "vm_exits", BETTER_NONE, (uint64_t)sum);
	for (int i = 0; i < window->nr_end; i++) {
		const char *name = window->end[i].name;

		if (is_kind(name) &&
		    figure_is_first(window->end[0].name, sizeof(window->end[0]), i))
			figure_part(figure, name, total(window, name), uncounted);
	}
	put_vcpus(window, "exits", 1, figure);
}

/* Success: the wake-up came while it polled, and cost no sleep.  Fail: it polled, and slept all the same. */
static const struct poll {
	const char *figure, *part, *counter;
} polls[] = {
	{ "halt_poll_success_s", "success", "halt_poll_success_ns" },
	{ "halt_poll_fail_s", "fail", "halt_poll_fail_ns" },
};

static void put_poll(const struct window *window, const struct poll *poll,
                     struct json_object *figures)
{
	double sum = total(window, poll->counter);
	char why[96];

	if (isnan(sum))
		figure_none(figures, poll->figure, "s", BETTER_NONE,
		            reason(window, poll->counter, why, sizeof(why)));
	else
		put_vcpus(window, poll->counter, 1e-9,
		          figure_put(figures, poll->figure, "s", BETTER_NONE, sum * 1e-9));
}

static void put_polls(const struct window *window, struct json_object *figures)
{
	double sum = 0;
	struct json_object *all;
	char why[96];

	for (size_t i = 0; i < ARRAY_SIZE(polls); i++) {
		sum += total(window, polls[i].counter);
		if (!isnan(sum))
			continue;
		figure_none(figures, "halt_poll_s", "s", BETTER_NONE,
		            reason(window, polls[i].counter, why, sizeof(why)));
		return;
	}
	all = figure_put(figures, "halt_poll_s", "s", BETTER_NONE, sum * 1e-9);
	for (size_t i = 0; i < ARRAY_SIZE(polls); i++)
		figure_by(all, polls[i].part, total(window, polls[i].counter) * 1e-9);
}

static void put_wait(const struct window *window, struct json_object *figures)
{
	double sum = total(window, "halt_wait_ns");
	char why[96];

	if (isnan(sum))
		figure_none(figures, "halt_wait_s", "s", BETTER_NONE,
		            reason(window, "halt_wait_ns", why, sizeof(why)));
	else
		put_vcpus(window, "halt_wait_ns", 1e-9,
		          figure_put(figures, "halt_wait_s", "s", BETTER_NONE, sum * 1e-9));
}

void exits_figures(const struct exits_stat *start, int nr_start, const struct exits_stat *end,
                   int nr_end, const char *why_none, struct json_object *figures)
{
	const struct window window = { start, end, nr_start, nr_end, why_none };

	put_exits(&window, figures);
	put_polls(&window, figures);
	for (size_t i = 0; i < ARRAY_SIZE(polls); i++)
		put_poll(&window, &polls[i], figures);
	put_wait(&window, figures);
}

static void put_rate(const char *name, const char *unit, enum better better, double per,
                     const char *why, struct json_object *exits, struct json_object *figures)
{
	struct json_object *value = json_object_object_get(exits, "value"), *by, *figure;

	if (!value)
		why = json_object_get_string(json_object_object_get(exits, "why"));
	if (!value || !(per > 0)) {
		figure_none(figures, name, unit, better, why);
		return;
	}
	figure = figure_put(figures, name, unit, better, json_object_get_double(value) / per);
	if (!json_object_object_get_ex(exits, "by", &by))
		return;
	json_object_object_foreach(by, key, part) {
		figure_part(figure, key, part ? json_object_get_double(part) / per : NAN,
		            uncounted);
	}
}

void exits_rates(double seconds, double ios, struct json_object *figures)
{
	struct json_object *exits = json_object_object_get(figures, "vm_exits");

	put_rate("vm_exits_per_s", "exits/s", BETTER_NONE, seconds, "the window has no length",
	         exits, figures);
	put_rate("vm_exits_per_io", "exits/op", BETTER_LOWER, ios,
	         "no disk of the VM did I/O in the window", exits, figures);
}
