/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe.h - the one place where observers join a window: what watches inside it, at a cost.
 *
 * Each kind of observer is one row of the table in observe.c.  A kind that cannot watch is no error: its figures
 * are null and say why, and the run goes on.  One that was asked for by name (--trace, --observe, --events) makes it a
 * failed one at its end: session->unobserved.
 *
 * The line's "observe" is the highest level that did watch; one that was asked for and did not is "observe_asked".
 * The figure observer_cost is in % of the watched threads' CPU time: the level's price of a context switch times the
 * switches, the trace's price of an event times its events, both measured on this host (observe_cost.h), and the same
 * of I/Os that were handed over and counted, where there were any, and of KVM's exits: their price is the kernel's own
 * count of what the BPF programs took just before the window.  Light is 0, and that is known: it reads /proc and
 * QMP before the load's `go` and after its `done`, while the timed part waits for neither, and leaves nothing behind
 * that a watched thread would run.
 */
#ifndef LAUNCHER_OBSERVE_H
#define LAUNCHER_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct json_object;
struct observer;
struct session;
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
	int level; /* enum observe that it makes; 0: it is none */
	/* After figures(): did it watch the whole window?  Of a level only. */
	bool (*watched)(const void *state);
	/* Where it did not, though asked for by name: what was asked for and why it is not there; "": this is no fault. */
	void (*lacks)(const void *state, const struct spec *spec, char *buf, size_t size);
	/* After figures(): what it took of the threads' CPU time beside a price for each switch, ns; NaN: see *why. */
	double (*cost_ns)(const void *state, struct session *session, const char **why);
};

extern const struct observer_kind observe_trace, observe_counters, observe_deep, observe_punts,
        observe_host;

/* What observe_deep raises around its calls, beyond what every run keeps. */
#define OBSERVE_DEEP_CAPS 2
extern const int observe_deep_caps[OBSERVE_DEEP_CAPS];

/* CAP_PERFMON is not enough to count, or not there: not held, or of a kernel before 5.8. */
bool observe_needs_admin(void);
/* Before anything is started: is a trace that was asked for to be had? */
int observe_trace_check(const struct spec *spec, struct err *err) MUST_CHECK;
/* Around perf_event_open, beside CAP_PERFMON: a token for caps_lower(). */
int observe_raise_admin(void);

/* enum observe; never AUTO: what the machine can count, is counted. */
int observe_level(const struct spec *spec);

/* After placement and warm-up: attaches to target->threads.  Level "auto" is settled here. */
int observer_open(struct target *target, const struct spec *spec, struct observer **ret,
                  struct err *err) MUST_CHECK;
int observer_start(struct observer *observer, struct target *target, struct err *err) MUST_CHECK;
int observer_stop(struct observer *observer, struct err *err) MUST_CHECK;
/* Adds "observe" (the level that watched), figures and whatever else the kinds have to say. */
void observer_figures(const struct observer *observer, struct json_object *line);
void observer_close(struct observer **observer); /* CLEANUP */

#endif
