/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_state.h - the two ends of a window, where a thread may be in the middle of something: how it was found, and how
 * what has not ended yet is counted up to the window's end.
 */
#ifndef MEASURE_DEEP_STATE_H
#define MEASURE_DEEP_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct deep_thread;

/* Where /proc says it is, as the programs would have noted it.  False: it is gone. */
bool deep_state_now(pid_t pid, pid_t tid, struct deep_thread *ret);
/* Sums of an earlier window are forgotten; the time off its CPU that has not ended is added. */
void deep_state_close(pid_t pid, pid_t tid, int64_t start_ns, int64_t stop_ns, unsigned int epoch,
                      struct deep_thread *thread);

#endif
