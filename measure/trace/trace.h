/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - what the kernel says about some threads, event by event: switches, wake-ups, exits and entries, I/O.
 *
 * A tracefs instance of our own ("qlaunch-PID"), so that nobody else's tracing is touched; the kernel itself drops
 * what is not about these threads, and children they make are followed.  The kernel's rings are bounded, and so is
 * what is kept of them, in unnamed files; what did not fit is counted.  Nothing is decoded here.
 */
#ifndef MEASURE_TRACE_H
#define MEASURE_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

#define TRACE_CLOCK "mono" /* CLOCK_MONOTONIC: the host's windows are in it too */
#define TRACE_KEPT_BYTES                                                                           \
	((int64_t)256 << 20) /* of all CPUs together, where nothing else is asked for */
#define TRACE_RING_BYTES ((uint64_t)4 << 20) /* of each CPU, the same */

struct trace;
struct tracefs_instance;

/* Any of the events may be missing in this kernel, all of them not. */
struct trace_source {
	const char *system, *event;
};
extern const struct trace_source trace_sources[];
extern const int trace_nr_sources;

/* Events of one CPU that are not there: overwritten before they were read, or refused. */
struct trace_loss {
	uint64_t overrun, commit_overrun, dropped;
};

/* Before anything is started: can an instance be made here?  The sentence says what to do. */
int trace_check(struct err *err) MUST_CHECK;
/* The instance, its rings and its list of threads; nothing is recorded yet.  Removes what a killed qlaunch left.
 * folder_fd: where the kept bytes go, at most limit_bytes.  -ENOENT: no tracefs; -EACCES; the sentence says what to do. */
int trace_open(int folder_fd, uint64_t ring_bytes, int64_t limit_bytes, struct trace **ret,
               struct err *err) MUST_CHECK;
/* Threads that are there now; those they make later come by themselves. */
int trace_follow(struct trace *trace, const pid_t *tids, int nr, struct err *err) MUST_CHECK;
/* All threads of a process besides, until no stranger among them can make another: a list that was read earlier lacks
 * those that were born meanwhile, and all that they make. */
int trace_follow_process(struct trace *trace, pid_t pid, struct err *err) MUST_CHECK;
int trace_start(struct trace *trace, struct err *err) MUST_CHECK;
/* Becomes readable when a ring is half full: then trace_take() is due. */
int trace_poll_fd(const struct trace *trace);
/* Takes whole pages of every ring; at the limit recording stops, which is no error: see trace_full_ns(). */
int trace_take(struct trace *trace, struct err *err) MUST_CHECK;
/* No more events: quick, for the end of a window. */
int trace_stop(struct trace *trace, struct err *err) MUST_CHECK;
/* All that is left in the rings is taken, and what was lost is read. */
int trace_finish(struct trace *trace, struct err *err) MUST_CHECK;

int trace_nr_cpus(const struct trace *trace);
/* The pages of one CPU, as trace_pipe_raw gives them; borrowed. */
int trace_kept_fd(const struct trace *trace, int cpu);
/* As many as trace_nr_cpus(); borrowed. */
const struct trace_loss *trace_losses(const struct trace *trace);
uint64_t trace_lost(const struct trace *trace, int cpu); /* the sum */
int64_t trace_full_ns(
        const struct trace *trace); /* since when events are missing, as it ended early; 0 */
/* What was recorded and not kept, by what was: a share of the bytes, and about that of the events; infinite where nothing
 * was kept. */
double trace_unkept_share(const struct trace *trace);
uint64_t trace_ring_bytes(const struct trace *trace);               /* as the kernel rounded them */
struct tracefs_instance *trace_instance(const struct trace *trace); /* for formats; borrowed */
/* A line of our own among the events. */
void trace_say(const struct trace *trace, const char *text);
void trace_close(struct trace **trace); /* CLEANUP; removes the instance */

#endif
