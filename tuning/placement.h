/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement.h - puts threads where the plan wants them, and reads back what the kernel then says.
 */
#ifndef TUNING_PLACEMENT_H
#define TUNING_PLACEMENT_H

#include <stdbool.h>

#include "affinity.h"
#include "cpuset.h"
#include "err.h"
#include "policy.h"
#include "threads.h"

/* One row of the plan.  The most specific rule wins: role and index before role with index -1. */
struct placement {
	enum role role;
	int index; /* -1: every thread of the role */
	bool has_cpus;
	struct cpuset cpus;
	bool has_policy;
	struct policy policy;
	/* Nobody asked for these CPUs, or this policy: the thread has them from its parent.  No system call sets them,
	 * unless they were changed by us before. */
	bool cpus_inherited, policy_inherited;
};

/* What is wanted and what the kernel says it did, of one thread. */
struct placed {
	struct thread thread;
	bool has_cpus, has_policy; /* whether the plan has a wish for it */
	bool cpus_inherited, policy_inherited;
	struct cpuset want_cpus, got_cpus;
	struct policy want_policy, got_policy;
	bool alive; /* false: ended before the read-back, got is empty */
	bool stray; /* alive, and got differs from want */
};

/* For each thread: life checked, affinity set (pin before a real-time policy), policy set, life checked again, read
 * back.  A mask that the kernel narrowed is an error.  A thread that ended meanwhile is no error; PF_NO_SETAFFINITY
 * threads (iou-*) stay as they are and show as strays. */
int placement_apply(const struct placement *plan, int nr, const struct threads *threads,
                    struct err *err) MUST_CHECK;
/* malloc'ed, one row a thread; returns the count. */
int placement_read(const struct placement *plan, int nr, const struct threads *threads,
                   struct placed **ret, struct err *err) MUST_CHECK;

#endif
