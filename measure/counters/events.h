/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events.h - what a perf counter counts, as values: the built-in set, or a list in perf's own spelling.
 *
 *   cycles, cache-misses, task-clock, LLC-load-misses, r1a2, cpu/event=0x3c,umask=0x0/, msr/tsc/, slots (a PMU's own
 *   name in sysfs), sched:sched_switch (a tracepoint), {a,b}, each with modifiers :u :k :h (these levels only) and
 *   :G :H (in the guest only, on the host only).
 *
 * Without :G or :H an event counts both: what is watched is a VM.
 */
#ifndef MEASURE_EVENTS_H
#define MEASURE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define EVENTS_MAX   48
#define EVENTS_SYSFS "/sys/bus/event_source/devices"
#define EVENT_NAME   96

/* Why a tracepoint that may well exist has no number here. */
enum event_lack { EVENT_KNOWN, EVENT_NO_TRACEFS, EVENT_TRACEFS_CLOSED };

struct event {
	char name[EVENT_NAME]; /* as it was spelled */
	uint32_t type;
	uint64_t config, config1, config2;
	enum event_lack lack;
	bool no_user, no_kernel, no_hv, no_host, no_guest;
	int group;      /* events of a group are on the PMU together: their ratio holds */
	int guest_part; /* index + 1 of the event that counts the guest's part of a vCPU; 0: none */
	bool only_vcpus; /* the guest's part: other threads have none */
};

/* A figure out of one or two events' counts, over those of one or two others. */
struct event_figure {
	char name[EVENT_NAME];
	int over[2], nr_over;   /* indexes of events */
	int under[2], nr_under; /* none: a count */
	int better;             /* enum better */
	bool is_time;           /* the counts are ns; the figure is in s, as all times are */
	bool is_mode; /* guest mode or host mode alone: none where no thread runs a guest by hardware */
};

struct event_set {
	int nr, nr_figures;
	struct event event[EVENTS_MAX];
	struct event_figure figure[EVENTS_MAX + 4];
};

/* events_builtin.c: groups of two, guest mode and host mode apart; and one more figure out of events by their
 * indexes, over (and under, or NULL), -1 where there is no second one. */
void events_builtin(struct event_set *ret);
void event_figure_add(struct event_set *set, const char *name, int better, const int over[2],
                      const int under[2]);
void event_count_add(struct event_set *set, const char *name, int better, int event);
/* sysfs is EVENTS_SYSFS, or a recorded tree.  One figure an event, named as spelled, and "ipc" where cycles and
 * instructions are asked for alike. */
int events_parse(const char *text, const char *sysfs, struct event_set *ret, struct err *err)
        MUST_CHECK;
/* A context switch, a migration, a tracepoint happens in the kernel: without the kernel's part these read 0, always. */
bool event_needs_kernel(const struct event *event);
/* task-clock, cpu-clock: counts ns, and in every mode, whatever is excluded. */
bool event_is_clock(const struct event *event);

/* event_pmu.c: "cpu/event=0x3c,umask=0x0/" by the PMU's format and event files.  terms: what stands between the
 * slashes. */
int event_pmu_parse(const char *sysfs, const char *pmu, const char *terms, struct event *ret,
                    struct err *err) MUST_CHECK;
/* "slots": the one PMU that has an event of this name.  1: found; 0: no PMU has it. */
int event_pmu_find(const char *sysfs, const char *name, struct event *ret, struct err *err)
        MUST_CHECK;
/* event_tracepoint.c: by its number in tracefs; where that cannot be read, ret->lack says why, which is no error. */
int event_tracepoint_find(const char *sysfs, const char *system, const char *name,
                          struct event *ret, struct err *err) MUST_CHECK;
/* event_names.c: generic names; false where it is none. */
bool event_name_find(const char *name, struct event *ret);
/* What perf measures without a counter: what says the same here; NULL for any other name. */
const char *event_name_of_perf(const char *name);
/* The kernel's own counts: of no PMU, and so of no mode of a vCPU. */
bool event_is_software(const struct event *event);

#endif
