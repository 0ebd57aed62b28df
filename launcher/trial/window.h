/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * window.h - the host's readings at the two ends of a timed part, as figures.  Nothing happens inside it.
 */
#ifndef LAUNCHER_WINDOW_H
#define LAUNCHER_WINDOW_H

#include <stdint.h>

#include "err.h"
#include "qmp_query.h"
#include "sched.h"

#define WINDOW_BLOCKS_MAX 17 /* a user's disks, or the scratch */

struct json_object;
struct pump;
struct target;
struct window_sample;

struct window {
	int64_t start_ns, end_ns; /* of the scheduler's readings: the host's window */
	int64_t outer_ns
	        [2]; /* before the first and after the last reading of all: KVM's and the block layer's */
	int nr, nr_open; /* nr_open: when the window opened */
	struct sched_watch *watch;
	struct sched_whole whole;
	struct exited *exited; /* NULL: exited_why */
	char exited_why[200];
	int64_t sampled_ns, look_ns; /* the last sample, and the next look at what waited then */
	int nr_samples;
	struct window_sample *samples; /* of which threads waited for a CPU, and may still do */
	int64_t stat_ns[2];            /* of KVM's counters */
	int nr_stat[2];
	struct qmp_stat *stat[2]; /* start, end */
	char stat_why[200];       /* why there are none */
	int nr_block[2];
	struct qmp_block block[2][WINDOW_BLOCKS_MAX];
};

/* KVM's and the block layer's counters come first: they take long. */
int window_ask(struct window *window, struct target *target, struct err *err) MUST_CHECK;
/* The scheduler's last, right before the load's go. */
int window_open(struct window *window, struct target *target, struct err *err) MUST_CHECK;
/* The reverse order: the scheduler's right after the load's done, the others when nobody is timed any more.  Threads that
 * were born inside the window count from zero. */
int window_close(struct window *window, struct err *err) MUST_CHECK;
/* After a scan: names the threads that the window met without one, and watches the new ones. */
int window_adopt(struct window *window, struct target *target, struct err *err) MUST_CHECK;
int window_ask_end(struct window *window, struct target *target, struct err *err) MUST_CHECK;
/* Threads that were runnable when they were sampled are read again until they have run: when next; INT64_MAX: none is. */
int64_t window_next_look(const struct window *window);
/* Does so, where it is time. */
void window_look(struct window *window);
/* After the ends: until all have run, for at most a second; the figures of those that have not are lower bounds.  A signal
 * ends it. */
void windows_settle(struct window *const *list, int nr, struct pump *pump);
/* CPU time of the threads of this role since the window was opened; NaN where it cannot be read. */
double window_cpu_s(const struct window *window, const char *role);
/* One reading of the running window without ending it: CPU time, run delay and switches by role, for samples[].  What waits
 * for a CPU is filled in later, by windows_settle() at the latest. */
struct json_object *window_sample(struct window *window, struct target *target);
/* host_window_ns: the host's window in CLOCK_MONOTONIC, to which a recording of another tool is cut.
 * KVM's counters are asked for before the timed part and after it: window_s of the line, which is there, gets the seconds
 * they cover ("kvm"), and where these are 1 % more than the host's a warning. */
void window_put_times(const struct window *window, struct json_object *line);
void window_figures(const struct window *window, struct json_object *figures);
/* What the block layer moved inside the window: rd/wr bytes and operations of all devices. */
struct qmp_block window_moved(const struct window *window);
/* Where the threads' sums are not the process's total. */
void window_warn(const struct window *window, struct json_object *line);
void window_done(struct window *window);

#endif
