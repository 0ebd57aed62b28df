/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refusal.c - finds out why the kernel refused to schedule or pin a thread.  Only reads; changes nothing. */
#include "refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "affinity.h"
#include "caps.h"
#include "cgroup.h"
#include "cpuset.h"
#include "policy.h"
#include "task.h"
#include "text.h"

#define NAME_MAX_TEXT 160 /* of a folder in a message */

static bool is_class(const struct policy *policy, int class)
{
	return policy->class == class;
}

static bool is_fair(const struct policy *policy)
{
	return !policy_is_realtime(policy);
}

static unsigned long limit_of(pid_t tid, __rlimit_resource_t resource)
{
	struct rlimit limit = { 0 };

	/* the kernel looks at the limit of the thread, not at that of the caller */
	if (prlimit(tid, resource, NULL, &limit))
		return 0;
	return limit.rlim_cur;
}

/* The online CPUs; where sysfs is not readable, empty. */
static struct cpuset read_online(void)
{
	char text[4096];
	struct cpuset online = { 0 };

	if (text_read_file("/sys/devices/system/cpu/online", text, sizeof(text), NULL) < 0 ||
	    cpuset_parse(text, &online, NULL))
		return (struct cpuset){ 0 };
	return online;
}

static long read_number(const char *path, long otherwise)
{
	char text[32];
	int64_t value;

	if (text_read_file(path, text, sizeof(text), NULL) < 0 ||
	    text_parse_i64(text, LONG_MIN + 1, LONG_MAX, &value, NULL))
		return otherwise;
	return value;
}

/* The user of a thread that is not ours (the kernel compares our effective uid with both of its), or -1. */
static long other_owner(pid_t tid)
{
	char path[64], text[4096];
	unsigned int real, effective;
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (text_read_file(path, text, sizeof(text), NULL) < 0)
		return -1;
	line = strstr(text, "\nUid:");
	if (!line || sscanf(line, "\nUid: %u %u", &real, &effective) != 2)
		return -1;
	return geteuid() == real || geteuid() == effective ? -1 : (long)effective;
}

static int explain_rights(pid_t tid, const struct policy *want, struct err *err)
{
	unsigned long rtprio = limit_of(tid, RLIMIT_RTPRIO), nice = limit_of(tid, RLIMIT_NICE);
	long owner = other_owner(tid);

	if (is_class(want, SCHED_DEADLINE))
		return err_set(err, EPERM, "thread %d: deadline needs CAP_SYS_NICE", tid);
	if (!is_fair(want) && (unsigned long)want->level > rtprio)
		return err_set(err, EPERM,
		               "thread %d: priority %d needs CAP_SYS_NICE or RLIMIT_RTPRIO >= %d "
		               "(now %lu)",
		               tid, want->level, want->level, rtprio);
	if (owner >= 0)
		return err_set(err, EPERM, "thread %d belongs to uid %ld: that needs CAP_SYS_NICE",
		               tid, owner);
	if (is_fair(want) && (unsigned long)(20 - want->level) > nice)
		return err_set(err, EPERM,
		               "thread %d: nice %d needs CAP_SYS_NICE or RLIMIT_NICE >= %d "
		               "(now %lu)",
		               tid, want->level, 20 - want->level, nice);
	return err_set(err, EPERM, "thread %d: that needs CAP_SYS_NICE", tid);
}

/* With RT_GROUP_SCHED a new cgroup of the v1 cpu controller starts with no real-time budget, also for root. */
static bool group_has_no_budget(pid_t tid, char *folder, size_t size)
{
	char path[PATH_MAX + 32];

	if (cgroup_find(tid, "cpu", folder, size))
		return false;
	snprintf(path, sizeof(path), "%s/cpu.rt_runtime_us", folder);
	return read_number(path, -1) == 0;
}

/* The scheduler asks that the thread may run on the whole root domain: normally every online CPU. */
static bool is_narrow(pid_t tid, struct cpuset *affinity, struct cpuset *online)
{
	*online = read_online();
	return cpuset_count(online) && !affinity_read(tid, affinity, NULL) &&
	       !cpuset_is_subset(online, affinity);
}

static int explain_eperm(pid_t tid, const struct policy *want, struct err *err)
{
	char folder[PATH_MAX], pinned[128], all[128], name[64];
	struct cpuset affinity, online;

	if (!caps_have(CAP_SYS_NICE))
		return explain_rights(tid, want, err);
	policy_format(want, name, sizeof(name));
	if (is_class(want, SCHED_DEADLINE) && is_narrow(tid, &affinity, &online)) {
		cpuset_format(&affinity, pinned, sizeof(pinned));
		cpuset_format(&online, all, sizeof(all));
		return err_set(err, EPERM,
		               "thread %d is pinned to CPU %s, and the kernel takes deadline only "
		               "for threads that may run on every CPU (%s): leave out the pin",
		               tid, pinned, all);
	}
	if (policy_is_realtime(want) && !is_class(want, SCHED_DEADLINE) &&
	    group_has_no_budget(tid, folder, sizeof(folder)))
		return err_set(
		        err, EPERM,
		        "thread %d: its cgroup %.*s has cpu.rt_runtime_us 0 (RT_GROUP_SCHED), "
		        "so no thread there may be %s, even root's: write a budget there, or "
		        "start from the root cgroup",
		        tid, NAME_MAX_TEXT, folder, name);
	return err_set(err, EPERM,
	               "thread %d: the kernel refused %s though CAP_SYS_NICE is held: a user "
	               "namespace, a seccomp filter, a security module or RT_GROUP_SCHED under "
	               "cgroup v2 stands in the way",
	               tid, name);
}

static int explain_admission(pid_t tid, const struct policy *want, struct err *err)
{
	long runtime = read_number("/proc/sys/kernel/sched_rt_runtime_us", 950000);
	long period = read_number("/proc/sys/kernel/sched_rt_period_us", 1000000);

	if (!is_class(want, SCHED_DEADLINE))
		return err_set(err, EBUSY, "thread %d: the kernel has no room for this policy now",
		               tid);
	return err_set(
	        err, EBUSY,
	        "thread %d: deadline asks for %.0f %% of a CPU, more than is left of what the "
	        "kernel promises such threads (%ld of %ld us on each CPU): lower the runtime",
	        tid, 100.0 * (double)want->runtime_ns / (double)want->period_ns, runtime, period);
}

static int explain_einval(pid_t tid, const struct policy *want, struct err *err)
{
	long low = read_number("/proc/sys/kernel/sched_deadline_period_min_us", 100);
	long high = read_number("/proc/sys/kernel/sched_deadline_period_max_us", 1 << 22);
	char name[128];

	policy_format(want, name, sizeof(name));
	if (is_class(want, SCHED_DEADLINE))
		return err_set(err, EINVAL,
		               "thread %d: the kernel takes no %s (its periods are %ld..%ld us)",
		               tid, name, low, high);
	return err_set(err, EINVAL, "thread %d: this kernel takes no policy %s", tid, name);
}

int refusal_policy(pid_t tid, const struct policy *want, int code, struct err *err)
{
	switch (code) {
	case EPERM:
		return explain_eperm(tid, want, err);
	case EBUSY:
		return explain_admission(tid, want, err);
	case EINVAL:
		return explain_einval(tid, want, err);
	case ESRCH:
		return err_set(err, ESRCH, "thread %d has ended", tid);
	default:
		errno = code;
		return err_sys(err, "thread %d: setting its policy", tid);
	}
}

static bool is_fixed(pid_t tid)
{
	struct task task;

	return !task_read(tid, &task) && (task.flags & TASK_FIXED);
}

static bool read_cpuset(pid_t tid, char *folder, size_t size, struct cpuset *ret)
{
	static const char *const names[] = { "cpuset.effective_cpus", "cpuset.cpus.effective" };
	char path[PATH_MAX + 32], text[4096];

	if (cgroup_find(tid, "cpuset", folder, size))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		if (text_read_file(path, text, sizeof(text), NULL) > 0 &&
		    !cpuset_parse(text, ret, NULL))
			return true;
	}
	return false;
}

/* Why these CPUs cannot be had, as the tail of a sentence. */
static void explain_missing(pid_t tid, const struct cpuset *missing, char *buf, size_t size)
{
	struct cpuset online = read_online(), inside, off = cpuset_minus(missing, &online);
	char folder[PATH_MAX], list[128], all[128];

	if (cpuset_count(&online) && cpuset_count(&off)) {
		cpuset_format(&off, list, sizeof(list));
		cpuset_format(&online, all, sizeof(all));
		snprintf(buf, size, "CPU %s is not online (online: %s)", list, all);
		return;
	}
	off = (struct cpuset){ 0 };
	if (read_cpuset(tid, folder, sizeof(folder), &inside))
		off = cpuset_minus(missing, &inside);
	if (cpuset_count(&off)) {
		cpuset_format(&off, list, sizeof(list));
		cpuset_format(&inside, all, sizeof(all));
		snprintf(buf, size, "CPU %s is outside its cpuset %.*s (%s)", list, NAME_MAX_TEXT,
		         folder, all);
		return;
	}
	cpuset_format(missing, list, sizeof(list));
	snprintf(buf, size, "the kernel does not give it CPU %s, and does not say why", list);
}

int refusal_affinity(pid_t tid, const struct cpuset *want, int code, struct err *err)
{
	char why[512];
	long owner = other_owner(tid);

	if (code == ESRCH)
		return err_set(err, ESRCH, "thread %d has ended", tid);
	if (code == EINVAL && is_fixed(tid))
		return err_set(err, EINVAL, "thread %d: the kernel lets nobody pin this one", tid);
	if (code == EINVAL) {
		explain_missing(tid, want, why, sizeof(why));
		return err_set(err, EINVAL, "thread %d: %s", tid, why);
	}
	if (code == EBUSY)
		return err_set(err, EBUSY,
		               "thread %d is a deadline thread, which the kernel lets nobody pin: "
		               "leave out the pin or choose fifo",
		               tid);
	if (code == EPERM && owner >= 0 && !caps_have(CAP_SYS_NICE))
		return err_set(err, EPERM,
		               "thread %d belongs to uid %ld: pinning needs CAP_SYS_NICE", tid,
		               owner);
	errno = code;
	return err_sys(err, "thread %d: setting its affinity", tid);
}

int refusal_narrowed(pid_t tid, const struct cpuset *want, const struct cpuset *got,
                     struct err *err)
{
	struct cpuset missing = cpuset_minus(want, got);
	char asked[128], given[128], why[512];

	cpuset_format(want, asked, sizeof(asked));
	cpuset_format(got, given, sizeof(given));
	explain_missing(tid, &missing, why, sizeof(why));
	return err_set(err, EINVAL, "thread %d: asked for CPUs %s, the kernel gave %s: %s", tid,
	               asked, given, why);
}
