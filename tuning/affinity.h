/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.h - the CPUs one thread may run on, through libnuma.  Source: sched_setaffinity(2), numa(3).
 */
#ifndef TUNING_AFFINITY_H
#define TUNING_AFFINITY_H

#include <sys/types.h>

#include "cpuset.h"
#include "err.h"

/* Sets, reads back and compares: a mask that the kernel narrowed is an error.  tid <= 1 is refused. */
int affinity_apply(pid_t tid, const struct cpuset *want, struct err *err) MUST_CHECK;
int affinity_read(pid_t tid, struct cpuset *ret, struct err *err) MUST_CHECK;
/* Those of `online` that the kernel lets this process use, however narrow its own affinity is: its cpuset.  A child
 * tries them, so nothing changes here. */
int affinity_widest(const struct cpuset *online, struct cpuset *ret, struct err *err) MUST_CHECK;

#endif
