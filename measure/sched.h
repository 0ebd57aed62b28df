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
	bool is_last;       /* of a thread that ended: the kernel's record of its end (exited.h) */
	bool is_runnable;   /* it runs, or waits for a CPU */
	bool has_schedstat; /* needs CONFIG_SCHED_INFO */
	uint64_t cpu_time_ns;  /* schedstat[0] */
	uint64_t run_delay_ns; /* schedstat[1]: runnable but not running, the true steal */
	uint64_t timeslices;   /* schedstat[2] */
	uint64_t voluntary, involuntary; /* status: context switches */
	bool has_migrations;
	uint64_t migrations; /* sched: se.nr_migrations (needs CONFIG_SCHED_DEBUG) */
	uint64_t minor_faults, major_faults; /* stat */
	int64_t read_ns;                     /* when schedstat was read */
	/* of the wait that went on then (open_wait.h): what run_delay_ns does not have yet */
	uint64_t open_ns, added_ns; /* added_ns: to run_delay_ns until it was seen to have run */
	bool is_open; /* not known yet: it has not run since, as far as was looked: looked_ns */
	bool open_is_vague; /* and never will be: the window's run delay is a lower bound */
	int64_t looked_ns;
};

/* One thread that is watched over a window; key is "vcpu/0", role "vcpu".  Without a name ("") it lived between two scans
 * of the threads: what it did is in the totals, and a part of "unattributed". */
struct sched_watch {
	pid_t pid, tid;
	char role[16], key[32];
	struct sched_sample start, end;
};

/* What the kernel counts of a process, the threads that have ended included. */
struct sched_process {
	bool has_cpu_time, has_faults;
	uint64_t cpu_time_ns, faults;
};

/* The process of the threads with this pid, read before and after its threads are, at both ends of the window. */
struct sched_whole {
	pid_t pid;
	struct sched_process start[2], end[2];
	bool has_records; /* each thread that ended inside the window has an end that is_last */
};

/* What the figures lack. */
struct sched_gaps {
	int lost;           /* threads that ended inside the window and left no record */
	double rest_s;      /* CPU time of the process that no thread in the list has */
	double too_much_s;  /* CPU time of the threads beyond the process's */
	bool has_vague;     /* a wait at an end of the window: run_delay_s is a lower bound */
	bool is_incomplete; /* counters without a total of the process are lower bounds */
};

/* A thread that is gone is alive=false, not an error. */
int sched_read(pid_t pid, pid_t tid, struct sched_sample *ret, struct err *err) MUST_CHECK;

/* Only what tells whether it has run: alive, is_runnable and what schedstat has. */
int sched_look(pid_t pid, pid_t tid, struct sched_sample *ret, struct err *err) MUST_CHECK;
/* Of a process that cannot be read nothing is known. */
void sched_read_process(pid_t pid, struct sched_process *ret);

/*
 * Fills cpu_time_s, run_delay_s, context_switches(_voluntary|_involuntary), migrations, page_faults: value = total
 * over all threads, by = {"vcpu": role total, "vcpu/0": thread, "unattributed": the rest}.
 *
 * CPU time and page faults: what the process has and no thread in the list is unattributed.  The others have no total of
 * the process: a thread that ended inside the window without a record makes the value a lower bound ("at_least").  One that
 * was born inside it counts from zero (start.alive false).  whole: NULL where nothing is known of the process.
 */
void sched_figures(const struct sched_watch *list, int nr, const struct sched_whole *whole,
                   struct json_object *figures);
struct sched_gaps sched_gaps(const struct sched_watch *list, int nr,
                             const struct sched_whole *whole);

#endif
