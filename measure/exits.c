/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exits.c - KVM's counters over a window, as figures.  Knows no QMP: the caller asks. */
#include "exits.h"

#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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

static bool is_first_kind(const struct window *window, int i)
{
	for (int j = 0; j < i; j++) {
		if (!strcmp(window->end[j].name, window->end[i].name))
			return false;
	}
	return true;
}

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
		figure_by(figure, key, difference(window, end) * scale);
	}
}

static void put_exits(const struct window *window, struct json_object *figures)
{
	double sum = total(window, "exits");
	struct json_object *figure;
	char why[96];

	if (isnan(sum)) {
		figure_none(figures, "vm_exits", "1", BETTER_LOWER,
		            reason(window, "exits", why, sizeof(why)));
		return;
	}
	figure = figure_put_count(figures, "vm_exits", BETTER_LOWER, (uint64_t)sum);
	for (int i = 0; i < window->nr_end; i++) {
		const char *name = window->end[i].name;

		if (is_kind(name) && is_first_kind(window, i))
			figure_by(figure, name, total(window, name));
	}
	put_vcpus(window, "exits", 1, figure);
}

static void put_poll(const struct window *window, struct json_object *figures)
{
	static const char success[] = "halt_poll_success_ns", fail[] = "halt_poll_fail_ns";
	double won = total(window, success), lost = total(window, fail);
	struct json_object *figure;
	char why[96];

	if (isnan(won) || isnan(lost)) {
		figure_none(figures, "halt_poll_s", "s", BETTER_LOWER,
		            reason(window, isnan(won) ? success : fail, why, sizeof(why)));
		return;
	}
	figure = figure_put(figures, "halt_poll_s", "s", BETTER_LOWER, (won + lost) * 1e-9);
	figure_by(figure, "success", won * 1e-9);
	figure_by(figure, "fail", lost * 1e-9);
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
	put_poll(&window, figures);
	put_wait(&window, figures);
}

static void put_rate(const char *name, const char *unit, double per, const char *why,
                     struct json_object *exits, struct json_object *figures)
{
	struct json_object *value = json_object_object_get(exits, "value"), *by, *figure;

	if (!value)
		why = json_object_get_string(json_object_object_get(exits, "why"));
	if (!value || !(per > 0)) {
		figure_none(figures, name, unit, BETTER_LOWER, why);
		return;
	}
	figure = figure_put(figures, name, unit, BETTER_LOWER, json_object_get_double(value) / per);
	if (!json_object_object_get_ex(exits, "by", &by))
		return;
	json_object_object_foreach(by, key, part) {
		figure_by(figure, key, part ? json_object_get_double(part) / per : NAN);
	}
}

void exits_rates(double seconds, double ios, struct json_object *figures)
{
	struct json_object *exits = json_object_object_get(figures, "vm_exits");

	put_rate("vm_exits_per_s", "exits/s", seconds, "the window has no length", exits, figures);
	put_rate("vm_exits_per_io", "exits/op", ios, "no disk of the VM did I/O in the window",
	         exits, figures);
}
