/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched.h - what the scheduler did to a thread, read from /proc/PID/task/TID/{schedstat,status,stat,sched} at the
 * two ends of a window.  No cost inside the window.  Source: proc(5), Documentation/scheduler/sched-stats.rst.
 */
#ifndef MEASURE_SCHED_H
#define MEASURE_SCHED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct json_object;

struct sched_sample {
	bool alive;
	bool has_schedstat;    /* needs CONFIG_SCHED_INFO */
	uint64_t cpu_time_ns;  /* schedstat[0] */
	uint64_t run_delay_ns; /* schedstat[1]: runnable but not running, the true steal */
	uint64_t timeslices;   /* schedstat[2] */
	uint64_t voluntary, involuntary; /* status: context switches */
	bool has_migrations;
	uint64_t migrations; /* sched: se.nr_migrations (needs CONFIG_SCHED_DEBUG) */
	uint64_t minor_faults, major_faults; /* stat */
};

/* One thread that is watched over a window; key is "vcpu/0", role "vcpu". */
struct sched_watch {
	pid_t pid, tid;
	char role[16], key[32];
	bool passing; /* a worker that comes and goes: if it ends inside, the sums go on without it */
	struct sched_sample start, end;
};

/* A thread that is gone is alive=false, not an error. */
int sched_read(pid_t pid, pid_t tid, struct sched_sample *ret, struct err *err) MUST_CHECK;

/* Fills cpu_time_s, run_delay_s, context_switches(_voluntary|_involuntary), migrations, page_faults: value = total
 * over all threads, by = {"vcpu": role total, "vcpu/0": thread}.  A thread that ended inside the window makes what
 * it touches null with the reason (a passing one only its own part); one that was born inside it counts from zero (start.alive false, end.alive true). */
void sched_figures(const struct sched_watch *list, int nr, struct json_object *figures);

#endif
