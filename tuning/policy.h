/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - how the kernel schedules one thread.  Knows threads, not VMs.  Source: sched(7), sched_setattr(2).
 */
#ifndef TUNING_POLICY_H
#define TUNING_POLICY_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6 /* linux/sched.h; glibc's sched.h has it from 2.41 on */
#endif

struct policy {
	int class; /* SCHED_OTHER, _BATCH, _IDLE, _FIFO, _RR, _DEADLINE */
	int level; /* nice for OTHER and BATCH, priority 1..99 for FIFO and RR, else 0 */
	uint64_t runtime_ns, deadline_ns, period_ns; /* DEADLINE only */
};

/* "other[:NICE]", "batch[:NICE]", "idle", "fifo[:PRIO]", "rr[:PRIO]", "deadline:RUNTIME/DEADLINE/PERIOD" */
const char *policy_name_at(int i); /* "other", "fifo", ...; NULL after the last */
int policy_parse(const char *text, struct policy *ret, struct err *err) MUST_CHECK;
void policy_format(const struct policy *policy, char *buf,
                   size_t size);                      /* "fifo:1"; other without nice: "other" */
bool policy_is_realtime(const struct policy *policy); /* FIFO, RR or DEADLINE */
/* FIFO or RR: RT throttling and the fair server hold these back.  A DEADLINE thread has the runtime that it was given. */
bool policy_has_priority(const struct policy *policy);
bool policy_is_equal(const struct policy *a, const struct policy *b);
/* Sets RESET_ON_FORK with every policy but plain OTHER.  A refusal by the kernel is explained: capability, rlimit,
 * RT_GROUP_SCHED cgroup, affinity for DEADLINE, admission.  tid <= 1 is refused. */
int policy_apply(pid_t tid, const struct policy *want, struct err *err) MUST_CHECK;
int policy_read(pid_t tid, struct policy *ret, struct err *err)
        MUST_CHECK; /* RESET_ON_FORK masked: the kernel adds it to the policy */
/* What a process that we start has: our own, or what the kernel resets it to at fork. */
int policy_read_inherited(struct policy *ret, struct err *err) MUST_CHECK;

#endif
