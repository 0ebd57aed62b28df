/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * open_wait.h - the wait for a CPU that goes on while a sample is taken.  The kernel adds a wait to run_delay when it ends,
 * and shows no beginning (sched_info_arrive() in kernel/sched/stats.h): so a thread that was runnable is read again until it
 * has run, and the part of the wait on the other side of the sample is told by the time that has passed.
 */
#ifndef MEASURE_OPEN_WAIT_H
#define MEASURE_OPEN_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "sched.h"

#define OPEN_WAIT_LOOK_NS 200000 /* the first look after a sample; */
#define OPEN_WAIT_LOOKS_NS                                                                         \
	5000000 /* later ones come at a 32nd of the time passed, and so often at least */
#define OPEN_WAIT_MAX_NS 1000000000 /* after a window's end */

/* The sample is of a window's start, or of its end (or of its middle, which ends what came before). */
enum open_wait_edge { OPEN_WAIT_START, OPEN_WAIT_END };

/* From the thread's state now, which is read later: fills open_ns and clears is_open once it has run. */
void open_wait_settle(struct sched_sample *sample, enum open_wait_edge edge,
                      const struct sched_sample *now);
/* Both samples of a window as they are to be used, whatever is still open. */
void open_wait_finish(struct sched_sample *start, struct sched_sample *end);
/* When to look again at what was sampled then. */
int64_t open_wait_next_ns(int64_t sampled_ns, int64_t now_ns);

#endif
