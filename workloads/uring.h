/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.h - one worker's io_uring on one file or disk: a closed loop that keeps iodepth requests in flight, or with a
 * rate an open loop that starts them when they are due (at most iodepth at a time).
 *
 * open, run and close belong to one thread (SINGLE_ISSUER).  What the kernel refuses is left out and stated in the
 * tally: set-up flags, registered ring, file and buffers.
 */
#ifndef WORKLOADS_URING_H
#define WORKLOADS_URING_H

#include "err.h"
#include "load.h"
#include "tally.h"
#include "uring_flags.h"

/* Open loop: tally.sum[URING_OFFERED].ops should have started in the window; tally.late started this much later. */
enum { URING_OFFERED };
#define URING_LATE_NS 100000

struct uring;

/* What the place names outlives the ring. */
int uring_open(const struct place *place, struct uring **ret, struct err *err) MUST_CHECK;
/* Runs until the window is stopped, then starts what was due in it and waits for what is in flight.  LOAD_UNFINISHED: some
 * requests did not come back in time and count as lower bounds.  -ETIMEDOUT: the disk no longer answers, and may
 * still write to the buffers whenever it likes. */
int uring_run(struct uring *uring, struct window *window, struct tally *tally, struct err *err)
        MUST_CHECK;
void uring_close(struct uring **uring);

#endif
