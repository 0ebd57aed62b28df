/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict.c - quota and steal before a run, in words. */
#include "predict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "plan.h"
#include "quota.h"
#include "steal.h"
#include "text.h"

#define LOOK_NS      (NSEC_PER_SEC / 5)
#define NOTICED_PART 0.01

/* CPUs that the vCPUs of all VMs can use.  A quota holds normal threads only: kernel/sched/fair.c. */
static int count_needed(const struct plan *plan)
{
	enum role worker = plan->guest ? ROLE_VCPU : ROLE_NATIVE;
	int needed = 0;

	for (int vm = 0; vm < plan->vms; vm++) {
		const struct placement *rows = plan_rows(plan, vm);

		needed += plan->vcpus;
		for (int i = 0; i < plan->nr_placements; i++) {
			if (rows[i].role == worker && rows[i].has_policy &&
			    policy_is_realtime(&rows[i].policy))
				needed -= rows[i].index < 0 ? plan->vcpus : 1;
		}
	}
	return needed > 0 ? needed : 0;
}

static void say_short(const struct quota_limit *limit, const struct plan *plan, int needed,
                      struct prediction *ret)
{
	unsigned long long enough = (unsigned long long)needed * limit->period_us;
	size_t used = strlen(ret->found);

	ret->is_short = true;
	snprintf(ret->found + used, sizeof(ret->found) - used,
	         "; %d busy %s%s %s %d: each is kept off its CPU %.0f %% of the time", needed,
	         plan->guest ? "vCPU" : "worker", needed == 1 ? "" : "s",
	         needed == 1 ? "needs" : "need", needed, 100 * (1 - limit->cpus / needed));
	if (!strcmp(limit->file, "cpu.max"))
		snprintf(ret->mend, sizeof(ret->mend), "as root: echo %llu %llu >%.220s/cpu.max",
		         enough, (unsigned long long)limit->period_us, limit->folder);
	else
		snprintf(ret->mend, sizeof(ret->mend), "as root: echo %llu >%.220s/%s", enough,
		         limit->folder, limit->file);
}

void predict_quota_of(const char *folder, const struct plan *plan, struct prediction *ret)
{
	int needed = plan ? count_needed(plan) : 0;
	struct quota_limit limit;

	*ret = (struct prediction){ 0 };
	quota_limit_read(folder, &limit);
	if (!limit.cpus) {
		text_copy(ret->found, sizeof(ret->found), "no cgroup limits the CPU time");
		return;
	}
	snprintf(ret->found, sizeof(ret->found), "the cgroup's %s is %llu of %llu us, %.3g CPUs",
	         limit.file, (unsigned long long)limit.quota_us,
	         (unsigned long long)limit.period_us, limit.cpus);
	if (limit.cpus < needed)
		say_short(&limit, plan, needed, ret);
}

void predict_quota(const struct plan *plan, struct prediction *ret)
{
	char folder[4096];

	if (cgroup_find(getpid(), "cpu", folder, sizeof(folder)))
		folder[0] = '\0';
	predict_quota_of(folder, plan, ret);
}

void predict_steal(struct prediction *ret)
{
	struct steal_share share;
	char lately[64] = "no CPU had work";
	struct err err;

	*ret = (struct prediction){ 0 };
	if (steal_look(LOOK_NS, &share, &err)) {
		snprintf(ret->found, sizeof(ret->found), "%.280s", err.text);
		return;
	}
	if (!(share.since_boot > 0)) {
		text_copy(ret->found, sizeof(ret->found),
		          "no hypervisor has taken time from this host's CPUs since boot");
		return;
	}
	if (!isnan(share.lately))
		snprintf(lately, sizeof(lately), "%.1f %%", 100 * share.lately);
	snprintf(
	        ret->found, sizeof(ret->found),
	        "this host is a virtual machine, and its own host took %.1f %% of the time in which "
	        "its CPUs had work since boot (in the last %lld ms: %s)",
	        100 * share.since_boot, LOOK_NS / 1000000, lately);
	ret->is_short = share.since_boot >= NOTICED_PART || share.lately >= NOTICED_PART;
	if (ret->is_short)
		text_copy(ret->mend, sizeof(ret->mend),
		          "on the outer host only: pin its virtual CPUs, or move its other load");
}
