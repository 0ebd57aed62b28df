/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * punts.h - how many io_uring requests of some threads the kernel handed to its worker threads (io-wq) instead of
 * starting them at once.
 *
 * One tracepoint counter a CPU, filtered by thread number.  It costs nothing at a context switch and nothing for a
 * request that is not handed over; one that is costs a count, some 30 ns, where the hand-over itself is a wake-up.  So it
 * is there at every level of observation.
 */
#ifndef MEASURE_PUNTS_H
#define MEASURE_PUNTS_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct punts;

#define PUNTS_EVENT "io_uring_queue_async_work"

/* Counts at once; *err says what it would take where it cannot (no tracefs, no right, no io_uring in the kernel).
 * event: PUNTS_EVENT, or another of io_uring's, to see what counting itself costs. */
int punts_open(const char *event, const pid_t *tids, int nr, struct punts **ret, struct err *err)
        MUST_CHECK;
/* All since punts_open(). */
int punts_read(const struct punts *punts, uint64_t *ret, struct err *err) MUST_CHECK;
void punts_close(struct punts **punts);

#endif
