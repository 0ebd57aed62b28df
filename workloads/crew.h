/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crew.h - the workers of one trial: threads that are there before they work, so that they can be placed by TID.
 *
 *   crew_start()  all exist, parked, with TIDs; none has touched memory or file
 *   crew_warm()   each sets itself up, on the CPU it has by now, and starts the load
 *   crew_state()  CREW_RUNNING once all are loaded; crew_fd() turns readable when this changes
 *   crew_open_window(), crew_close_window()   what is under way between the two stamps counts; the load does not notice
 *   crew_stop()   the load ends; the threads rest, so that their counters can still be read
 *   crew_free()   the threads are gone
 */
#ifndef WORKLOADS_CREW_H
#define WORKLOADS_CREW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "job.h"
#include "store.h"
#include "tally.h"

enum crew_state { CREW_PARKED, CREW_SETTING_UP, CREW_RUNNING, CREW_FAILED };

struct crew;

/* job and stores outlive the crew; an I/O workload has at least one store, and worker i uses i mod nr_stores. */
int crew_start(const struct job *job, const struct store *stores, int nr_stores, struct crew **ret,
               struct err *err) MUST_CHECK;
/*
 * The caller's thread keeps the time: above real-time workers it wakes in time, beside them it might never.  New
 * threads inherit, so this comes after crew_start(); crew_step_down() before the next one.
 */
int crew_rise_above(const struct job *job, struct err *err) MUST_CHECK;
int crew_step_down(struct err *err) MUST_CHECK;
pid_t crew_tid(const struct crew *crew, int worker);
/* Some workloads give each worker a second thread, placed as the worker is; 0 where there is none. */
pid_t crew_partner_tid(const struct crew *crew, int worker);
int crew_fd(const struct crew *crew);
void crew_warm(struct crew *crew);
/* Also takes the notice from crew_fd(). */
enum crew_state crew_state(struct crew *crew);
void crew_open_window(struct crew *crew, int64_t now_ns);
void crew_close_window(struct crew *crew, int64_t now_ns);
/* The first worker's error, if any. */
int crew_stop(struct crew *crew, struct err *err) MUST_CHECK;
/* After crew_stop(): whether those that were given up have come back, too. */
bool crew_has_rested(const struct crew *crew);
/* All workers' counts together, after crew_stop(). */
void crew_total(const struct crew *crew, struct tally *ret);
/* Stops it first where that has not happened.  Workers whose device no longer answers (-ETIMEDOUT), or that
 * do not run, stay until the process ends, and all that is theirs. */
void crew_free(struct crew **crew);

#endif
