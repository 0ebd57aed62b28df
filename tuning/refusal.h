/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusal.h - why the kernel said no: one errno has half a dozen causes, and the user is told which one it was.
 */
#ifndef TUNING_REFUSAL_H
#define TUNING_REFUSAL_H

#include <sys/types.h>

#include "err.h"

struct cpuset;
struct policy;

/* `code` is the errno of sched_setattr(2).  Capability, rlimit, RT_GROUP_SCHED cgroup, affinity, admission, or other
 * owner, in the order in which the kernel looks at them.  Returns -code. */
int refusal_policy(pid_t tid, const struct policy *want, int code, struct err *err);
/* The same of sched_setaffinity(2): offline, cpuset, DEADLINE thread, other owner. */
int refusal_affinity(pid_t tid, const struct cpuset *want, int code, struct err *err);
/* The call succeeded, with fewer CPUs than asked for.  Returns -EINVAL. */
int refusal_narrowed(pid_t tid, const struct cpuset *want, const struct cpuset *got,
                     struct err *err);

#endif
