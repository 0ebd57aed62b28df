/* SPDX-License-Identifier: GPL-2.0-or-later */
/* placement.c - obeys a plan, thread by thread, and reports what the kernel made of it.  Decides nothing. */
#include "placement.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "task.h"

/* One life of a thread number, held open by its stat: when the thread ends, that cannot be read for ever, also when the
 * number has been given to another one (start_ticks alone cannot tell two lives within 1/100 s). */
struct life {
	const struct thread *thread;
	int fd;
	struct task task;
};

static void life_done(struct life *life)
{
	fd_close(&life->fd);
}

static int life_check(struct life *life)
{
	int rc = task_read_fd(life->fd, &life->task);

	if (!rc && life->task.start_ticks != life->thread->start_ticks)
		return -ESRCH;
	return rc;
}

static int open_task(pid_t pid, pid_t tid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

/* -ESRCH where the thread of the inventory is gone.  A number that left the process may only be a kernel thread's. */
static int life_hold(pid_t pid, const struct thread *thread, struct life *ret)
{
	bool inside = true;
	int rc, fd = open_task(pid, thread->tid);

	if (fd == -ESRCH) {
		inside = false;
		fd = open_task(thread->tid, thread->tid);
	}
	*ret = (struct life){ .thread = thread, .fd = fd };
	rc = fd < 0 ? fd : life_check(ret);
	return !rc && !inside && !(ret->task.flags & TASK_KTHREAD) ? -ESRCH : rc;
}

static bool is_ours(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d", tid);
	return !access(path, F_OK);
}

static const struct placement *rule_find(const struct placement *plan, int nr,
                                         const struct thread *thread)
{
	const struct placement *any = NULL;

	for (int i = 0; i < nr; i++) {
		if (plan[i].role != thread->role)
			continue;
		if (plan[i].index == thread->index)
			return &plan[i];
		if (plan[i].index < 0 && !any)
			any = &plan[i];
	}
	return any;
}

/* Not touched where it is right: a deadline thread must not be, even with its own mask. */
static bool needs_pin(pid_t tid, const struct placement *rule)
{
	struct cpuset now;

	return rule->has_cpus &&
	       (affinity_read(tid, &now, NULL) || !cpuset_is_equal(&now, &rule->cpus));
}

/* The kernel makes some threads itself, which have the policy of the thread that needed them.  Where nobody asked for
 * another one, that is right unless it is a real-time policy that was meant for a vCPU. */
static bool is_right(const struct policy *now, const struct policy *want, bool inherited,
                     enum role role)
{
	if (policy_is_equal(now, want))
		return true;
	return inherited && (role == ROLE_HELPER || role == ROLE_VHOST) &&
	       (policy_is_realtime(want) || !policy_is_realtime(now));
}

/* A deadline thread cannot be pinned, so one that gets another policy leaves that one first.  And a thread never is
 * real-time on CPUs that are not meant for it: the pin comes before such a policy, and after leaving one. */
static int apply(pid_t tid, const struct placement *rule, struct err *err)
{
	static const struct policy plain = { .class = SCHED_OTHER };
	bool move = needs_pin(tid, rule), keeps;
	struct policy now;
	int rc = policy_read(tid, &now, err);

	keeps = !rule->has_policy ||
	        (rule->policy_inherited && is_right(&now, &rule->policy, true, rule->role));
	if (!rc && move && !keeps && policy_is_realtime(&now))
		rc = policy_apply(tid, &plain, err);
	if (!rc && move)
		rc = affinity_apply(tid, &rule->cpus, err);
	if (!rc && !keeps)
		rc = policy_apply(tid, &rule->policy, err);
	return rc;
}

/* Threads that were born beside the placed ones have what their makers had.  An ordinary user cannot always give them
 * the inherited policy back (nice 5 never becomes 0), and nobody asked for it: they show as strays. */
static bool may_keep(const struct placement *rule, const struct thread *thread, int rc)
{
	return rc == -EPERM && (rule->policy_inherited || rule->cpus_inherited) &&
	       (thread->role == ROLE_POOL || thread->role == ROLE_HELPER ||
	        thread->role == ROLE_VHOST);
}

/* After the calls: they take a number, and if it changed hands meanwhile they met somebody else. */
static int explain_void(const struct thread *thread, struct err *err)
{
	struct task task = { .name = "?" };

	if (task_read(thread->tid, &task) == -ESRCH)
		return 0;
	return err_set(err, ESRCH,
	               "%s/%d: thread %d ended while it was placed, and its number now belongs to "
	               "'%s', which may have been changed: this run is void",
	               role_name(thread->role), thread->index, thread->tid, task.name);
}

static int refuse_ours(const struct thread *thread, struct err *err)
{
	return err_set(err, EINVAL, "%s/%d: thread %d is our own or init's",
	               role_name(thread->role), thread->index, thread->tid);
}

static int place(const struct placement *rule, pid_t pid, const struct thread *thread,
                 struct err *err)
{
	CLEANUP(life_done) struct life life = { .fd = -1 };
	const char *role = role_name(thread->role);
	struct err why = { 0 };
	int rc;

	if (thread->tid <= 1 || pid == getpid())
		return refuse_ours(thread, err);
	rc = life_hold(pid, thread, &life);
	/* a thread of that process is none of ours */
	if (rc == -ESRCH && is_ours(thread->tid))
		return refuse_ours(thread, err);
	if (rc == -ESRCH)
		return 0;
	if (rc)
		return err_set(err, -rc, "%s/%d: thread %d: its stat cannot be read", role,
		               thread->index, thread->tid);
	if (life.task.flags & TASK_FIXED)
		return 0;
	rc = apply(thread->tid, rule, &why);
	if (life_check(&life))
		return explain_void(thread, err);
	if (may_keep(rule, thread, rc))
		return 0;
	return rc ? err_set(err, -rc, "%s/%d: %s", role, thread->index, why.text) : 0;
}

int placement_apply(const struct placement *plan, int nr, const struct threads *threads,
                    struct err *err)
{
	for (int i = 0; i < threads->nr; i++) {
		const struct placement *rule = rule_find(plan, nr, &threads->list[i]);
		int rc = rule ? place(rule, threads->pid, &threads->list[i], err) : 0;

		if (rc)
			return rc;
	}
	return 0;
}

/* A thread that the kernel lets nobody pin is only astray where it may leave the wanted CPUs. */
static bool is_stray(const struct placed *row, bool fixed)
{
	if (row->has_policy &&
	    !is_right(&row->got_policy, &row->want_policy, row->policy_inherited, row->thread.role))
		return true;
	if (!row->has_cpus)
		return false;
	return fixed ? !cpuset_is_subset(&row->got_cpus, &row->want_cpus)
	             : !cpuset_is_equal(&row->got_cpus, &row->want_cpus);
}

/* -ESRCH where the thread is gone. */
static int read_back(pid_t pid, struct placed *row, struct err *err)
{
	CLEANUP(life_done) struct life life = { .fd = -1 };
	struct cpuset cpus;
	struct policy policy;
	int rc = life_hold(pid, &row->thread, &life);

	if (rc)
		return err_set(err, -rc, "its stat cannot be read");
	rc = affinity_read(row->thread.tid, &cpus, err);
	if (!rc)
		rc = policy_read(row->thread.tid, &policy, err);
	if (life_check(&life))
		return -ESRCH;
	if (rc)
		return rc;
	row->got_cpus = cpus;
	row->got_policy = policy;
	row->alive = true;
	row->stray = is_stray(row, life.task.flags & TASK_FIXED);
	return 0;
}

static int read_row(const struct placement *plan, int nr, pid_t pid, const struct thread *thread,
                    struct placed *row, struct err *err)
{
	const struct placement *rule = rule_find(plan, nr, thread);
	struct err why = { 0 };
	int rc;

	row->thread = *thread;
	if (rule && rule->has_cpus) {
		row->has_cpus = true;
		row->want_cpus = rule->cpus;
		row->cpus_inherited = rule->cpus_inherited;
	}
	if (rule && rule->has_policy) {
		row->has_policy = true;
		row->want_policy = rule->policy;
		row->policy_inherited = rule->policy_inherited;
	}
	rc = read_back(pid, row, &why);
	if (!rc || rc == -ESRCH)
		return 0;
	return err_set(err, -rc, "%s/%d: %s", role_name(thread->role), thread->index, why.text);
}

static void rows_free(struct placed **rows)
{
	free(*rows);
	*rows = NULL;
}

int placement_read(const struct placement *plan, int nr, const struct threads *threads,
                   struct placed **ret, struct err *err)
{
	CLEANUP(rows_free) struct placed *rows = NULL;

	rows = calloc((size_t)(threads->nr ? threads->nr : 1), sizeof(*rows));
	if (!rows)
		return err_set(err, ENOMEM, "no memory for the read-back");
	for (int i = 0; i < threads->nr; i++) {
		int rc = read_row(plan, nr, threads->pid, &threads->list[i], &rows[i], err);

		if (rc)
			return rc;
	}
	*ret = STEAL(&rows);
	return threads->nr;
}
