/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events_builtin.c - what is counted where nobody says, and how figures are made of events.
 *
 * On a KVM vCPU each event stands there twice, in guest mode and in host mode: 12 events on Intel (its PMUs since
 * Haswell have no stalls), 8 to 12 on AMD, which has no generic LLC event.  They take turns on 4 or 8 general counters
 * and Intel's fixed two (cycles and instructions, of one mode at a time), or on AMD's 6: each is counted from half to
 * ten twelfths of the time, as much as without the split.  That is why the set is short: no `branches` and no
 * `dTLB-loads`, which would cost all others a share; their misses are told apart by `instructions`.  A group is at most
 * two events, so that it fits what is left of any PMU and all groups get turns of the same length.  Together are those
 * that are divided by each other: cycles and instructions of one mode, LLC loads and misses of one mode.  Guest and
 * host need not be: the whole is their sum, each scaled by its own share.  Threads without a guest have one event for
 * both modes.
 */
#include <stdio.h>
#include <string.h>

#include "events.h"
#include "figure.h"
#include "text.h"

void event_figure_add(struct event_set *set, const char *name, int better, const int over[2],
                      const int under[2])
{
	struct event_figure *figure = &set->figure[set->nr_figures++];

	*figure = (struct event_figure){ .better = better };
	text_copy(figure->name, sizeof(figure->name), name);
	for (int i = 0; i < 2 && over[i] >= 0; i++)
		figure->over[figure->nr_over++] = over[i];
	for (int i = 0; under && i < 2 && under[i] >= 0; i++)
		figure->under[figure->nr_under++] = under[i];
}

void event_count_add(struct event_set *set, const char *name, int better, int event)
{
	const int over[2] = { event, -1 };

	event_figure_add(set, name, better, over, NULL);
	set->figure[set->nr_figures - 1].is_time = event_is_clock(&set->event[event]);
}

/* By groups: rows of one are counted together; the group stands there once for the guest and once for the host. */
static const struct row {
	const char *event, *figure;
	int group;
} rows[] = {
	{ "cycles", "cycles", 0 },
	{ "instructions", "instructions", 0 },
	{ "LLC-loads", "llc_loads", 1 },
	{ "LLC-load-misses", "llc_misses", 1 },
	{ "branch-misses", "branch_misses", 2 },
	{ "dTLB-load-misses", "dtlb_misses", 2 },
	{ "stalled-cycles-frontend", "stalled_cycles_frontend", 3 },
	{ "stalled-cycles-backend", "stalled_cycles_backend", 3 },
};

enum { CYCLES, INSTRUCTIONS }; /* rows */

/* A row's events: the host's also counts the guest where the guest's own is not open. */
struct pair {
	int guest, host;
};

static int add_event(struct event_set *set, const struct row *row, int group)
{
	struct event *event = &set->event[set->nr];

	*event = (struct event){ .group = group };
	text_copy(event->name, sizeof(event->name), row->event);
	(void)event_name_find(row->event, event); /* they are known */
	return set->nr++;
}

/* The guest's part first: where it cannot be had, the other counts both (exclude_guest is then not set). */
static void add_group(struct event_set *set, int group, struct pair *pairs)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].group != group)
			continue;
		pairs[i].guest = add_event(set, &rows[i], 2 * group);
		set->event[pairs[i].guest].no_host = true;
		set->event[pairs[i].guest].only_vcpus = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].group != group)
			continue;
		pairs[i].host = add_event(set, &rows[i], 2 * group + 1);
		set->event[pairs[i].host].guest_part = pairs[i].guest + 1;
	}
}

/* "cycles_guest" or "cycles_host": one mode alone, which only a vCPU of hardware has. */
static void add_mode(struct event_set *set, const char *name, const char *mode, enum better better,
                     int over, int under)
{
	const int above[2] = { over, -1 }, below[2] = { under, -1 };
	char text[EVENT_NAME];

	snprintf(text, sizeof(text), "%s_%s", name, mode);
	event_figure_add(set, text, (int)better, above, under < 0 ? NULL : below);
	set->figure[set->nr_figures - 1].is_mode = true;
}

static void add_ipc(struct event_set *set, const struct pair *pairs)
{
	const struct pair *above = &pairs[INSTRUCTIONS], *below = &pairs[CYCLES];

	event_figure_add(set, "ipc", BETTER_HIGHER, (const int[2]){ above->host, above->guest },
	                 (const int[2]){ below->host, below->guest });
	add_mode(set, "ipc", "guest", BETTER_HIGHER, above->guest, below->guest);
	add_mode(set, "ipc", "host", BETTER_HIGHER, above->host, below->host);
}

void events_builtin(struct event_set *ret)
{
	struct pair pairs[ARRAY_SIZE(rows)];

	*ret = (struct event_set){ 0 };
	for (int group = 0; group <= rows[ARRAY_SIZE(rows) - 1].group; group++)
		add_group(ret, group, pairs);
	add_ipc(ret, pairs);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const int both[2] = { pairs[i].host, pairs[i].guest };

		event_figure_add(ret, rows[i].figure, BETTER_NONE, both, NULL);
		add_mode(ret, rows[i].figure, "guest", BETTER_NONE, pairs[i].guest, -1);
		add_mode(ret, rows[i].figure, "host", BETTER_NONE, pairs[i].host, -1);
	}
}
