/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poller.h - the kernel thread that takes a worker's requests (IORING_SETUP_SQPOLL): it spins, so it needs a CPU that
 * no worker has.  A host that places by TID may move it later.
 */
#ifndef WORKLOADS_POLLER_H
#define WORKLOADS_POLLER_H

#include <sys/types.h>

#include "err.h"

struct job;

/* Are there CPUs for it?  Explains why not. */
int poller_check(const struct job *job, struct err *err) MUST_CHECK;
/* They are born with their workers' policies, and move themselves when they first run: waits for that, and makes them
 * ordinary threads off the workers' pins.  At least nr of them must be there. */
int poller_place(const struct job *job, int nr, struct err *err) MUST_CHECK;

#endif
