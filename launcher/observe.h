/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe.h - the one place where observers join a window: what watches inside it, at a cost.
 *
 * Each kind of observer is one row of the table in observe.c.  A kind that cannot watch is no error: its figures
 * are null and say why, and the run goes on.
 */
#ifndef LAUNCHER_OBSERVE_H
#define LAUNCHER_OBSERVE_H

#include <stdbool.h>

#include "err.h"

struct json_object;
struct observer;
struct spec;
struct target;

/* What one kind of observer does.  Errors are for what must end the run (no memory), not for what cannot be seen. */
struct observer_kind {
	const char *name;
	/* *ret: the kind's own state; NULL where it has nothing to do in this run.  `level` is enum observe, not AUTO. */
	int (*open)(struct target *target, const struct spec *spec, int level, void **ret,
	            struct err *err);
	/* The last thing before the scheduler is read and the load starts; and right after it is done. */
	int (*start)(void *state, struct target *target, struct err *err);
	int (*stop)(void *state, struct err *err);
	/* Members of the result line: line's "figures" is there already. */
	void (*figures)(void *state, struct json_object *line);
	void (*close)(void **state);
};

extern const struct observer_kind observe_trace, observe_counters, observe_deep, observe_punts;

/* What observe_deep raises around its calls, beyond what every run keeps. */
#define OBSERVE_DEEP_CAPS 2
extern const int observe_deep_caps[OBSERVE_DEEP_CAPS];

/* CAP_PERFMON is not enough to count, or not there: not held, or of a kernel before 5.8. */
bool observe_needs_admin(void);
/* Around perf_event_open, beside CAP_PERFMON: a token for caps_lower(). */
int observe_raise_admin(void);

/* enum observe; never AUTO: what the machine can count, is counted. */
int observe_level(const struct spec *spec);

/* After placement and warm-up: attaches to target->threads.  Level "auto" is settled here. */
int observer_open(struct target *target, const struct spec *spec, struct observer **ret,
                  struct err *err) MUST_CHECK;
int observer_start(struct observer *observer, struct target *target, struct err *err) MUST_CHECK;
int observer_stop(struct observer *observer, struct err *err) MUST_CHECK;
/* Adds "observe" (the level that was used), figures and whatever else the kinds have to say. */
void observer_figures(const struct observer *observer, struct json_object *line);
void observer_close(struct observer **observer); /* CLEANUP */

#endif
