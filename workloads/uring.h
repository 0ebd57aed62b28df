/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.h - one worker's io_uring: a closed loop that keeps iodepth requests in flight on one file or disk.
 *
 * open, run and close belong to one thread (SINGLE_ISSUER).  What the kernel refuses is left out and stated in the
 * tally: set-up flags, registered ring, file and buffers.
 */
#ifndef WORKLOADS_URING_H
#define WORKLOADS_URING_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "job.h"
#include "store.h"
#include "tally.h"

enum { URING_HAS_RING = 1, URING_HAS_FILE = 2, URING_HAS_BUFFERS = 4 };

struct uring;

/* store and job outlive the ring. */
int uring_open(const struct job *job, const struct store *store, int worker, struct uring **ret,
               struct err *err) MUST_CHECK;
/* Runs until the window is stopped, then waits for what is in flight. */
int uring_run(struct uring *uring, struct window *window, struct tally *tally, struct err *err)
        MUST_CHECK;
void uring_close(struct uring **uring);

bool uring_has_all(unsigned setup_flags, unsigned registered);
/* "single_issuer defer_taskrun coop_taskrun", "ring files buffers" */
void uring_format_flags(unsigned setup_flags, char *buf, size_t size);
void uring_format_registered(unsigned registered, char *buf, size_t size);

#endif
