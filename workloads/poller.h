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
/* It is born with its worker's policy and on any CPU: made an ordinary thread, off the workers' pins. */
int poller_place(const struct job *job, pid_t tid, struct err *err) MUST_CHECK;

#endif
