/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.c - scheduling policies as text and as the kernel takes them.  Knows one thread at a time, and no VM. */
#include "policy.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "refusal.h"
#include "text.h"

/* struct sched_attr of sched_setattr(2), first version.  Debian 12's libc does not have it, and later ones clash
 * with linux/sched/types.h: so it stands here, under another name. */
struct attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

#define ATTR_RESET_ON_FORK 0x01
#define RUNTIME_MIN_NS     1024 /* the kernel's resolution (DL_SCALE) */

enum kind { KIND_NICE, KIND_BARE, KIND_PRIORITY, KIND_DEADLINE };

static const struct class
{
	const char *name;
	int class;
	enum kind kind;
} classes[] = {
	{ "other", SCHED_OTHER, KIND_NICE }, { "batch", SCHED_BATCH, KIND_NICE },
	{ "idle", SCHED_IDLE, KIND_BARE },   { "fifo", SCHED_FIFO, KIND_PRIORITY },
	{ "rr", SCHED_RR, KIND_PRIORITY },   { "deadline", SCHED_DEADLINE, KIND_DEADLINE },
};

const char *policy_name_at(int i)
{
	return i >= 0 && (size_t)i < ARRAY_SIZE(classes) ? classes[i].name : NULL;
}

static const struct class *class_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (strlen(classes[i].name) == len && !memcmp(classes[i].name, name, len))
			return &classes[i];
	}
	return NULL;
}

static const struct class *class_of(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (classes[i].class == number)
			return &classes[i];
	}
	return NULL;
}

static int parse_level(const struct class *class, const char *text, struct policy *policy,
                       struct err *err)
{
	bool nice = class->kind == KIND_NICE;
	int64_t level;
	int rc;

	rc = text_parse_i64(text, nice ? -20 : 1, nice ? 19 : 99, &level, err);
	if (rc)
		return err_in(err, "%s %s", class->name, nice ? "nice" : "priority");
	policy->level = (int)level;
	return 0;
}

static int check_deadline(const struct policy *policy, const char *text, struct err *err)
{
	if (policy->runtime_ns < RUNTIME_MIN_NS)
		return err_set(err, ERANGE, "'%.64s': the runtime is below %d ns", text,
		               RUNTIME_MIN_NS);
	if (policy->runtime_ns > policy->deadline_ns || policy->deadline_ns > policy->period_ns)
		return err_set(err, EINVAL, "'%.64s': runtime <= deadline <= period does not hold",
		               text);
	return 0;
}

static int parse_deadline(const char *text, struct policy *policy, struct err *err)
{
	uint64_t *const into[] = { &policy->runtime_ns, &policy->deadline_ns, &policy->period_ns };
	char copy[128], *parts[3];
	int rc;

	rc = text_copy(copy, sizeof(copy), text);
	if (rc || text_split(copy, '/', parts, 3) != 3)
		return err_set(err, EINVAL,
		               "'%.64s' is not RUNTIME/DEADLINE/PERIOD such as 2ms/10ms/10ms",
		               text);
	for (int i = 0; i < 3; i++) {
		int64_t ns;

		rc = text_parse_duration(parts[i], &ns, err);
		if (rc)
			return rc;
		*into[i] = (uint64_t)ns;
	}
	return check_deadline(policy, text, err);
}

int policy_parse(const char *text, struct policy *ret, struct err *err)
{
	const char *colon = strchr(text, ':');
	const struct class *class = class_find(text, colon ? (size_t)(colon - text) : strlen(text));
	struct policy policy = { 0 };
	int rc = 0;

	if (!class)
		return err_set(err, EINVAL,
		               "'%.64s' is no policy: other[:NICE], batch[:NICE], idle, "
		               "fifo[:PRIO], rr[:PRIO] or deadline:RUNTIME/DEADLINE/PERIOD",
		               text);
	policy.class = class->class;
	policy.level = class->kind == KIND_PRIORITY;
	if (class->kind == KIND_BARE && colon)
		return err_set(err, EINVAL, "%s takes no number", class->name);
	if (class->kind == KIND_DEADLINE)
		rc = parse_deadline(colon ? colon + 1 : "", &policy, err);
	else if (colon)
		rc = parse_level(class, colon + 1, &policy, err);
	if (!rc)
		*ret = policy;
	return rc;
}

void policy_format(const struct policy *policy, char *buf, size_t size)
{
	const struct class *class = class_of(policy->class);
	char runtime[32], deadline[32], period[32];

	if (!class) {
		snprintf(buf, size, "class-%d", policy->class);
	} else if (class->kind == KIND_DEADLINE) {
		text_format_duration((int64_t)policy->runtime_ns, runtime, sizeof(runtime));
		text_format_duration((int64_t)policy->deadline_ns, deadline, sizeof(deadline));
		text_format_duration((int64_t)policy->period_ns, period, sizeof(period));
		snprintf(buf, size, "%s:%s/%s/%s", class->name, runtime, deadline, period);
	} else if (class->kind == KIND_PRIORITY || policy->level) {
		snprintf(buf, size, "%s:%d", class->name, policy->level);
	} else {
		snprintf(buf, size, "%s", class->name);
	}
}

bool policy_has_priority(const struct policy *policy)
{
	return policy->class == SCHED_FIFO || policy->class == SCHED_RR;
}

bool policy_is_realtime(const struct policy *policy)
{
	return policy_has_priority(policy) || policy->class == SCHED_DEADLINE;
}

bool policy_is_equal(const struct policy *a, const struct policy *b)
{
	return a->class == b->class && a->level == b->level && a->runtime_ns == b->runtime_ns &&
	       a->deadline_ns == b->deadline_ns && a->period_ns == b->period_ns;
}

/* Everything but plain OTHER would be inherited by threads made later (a DEADLINE thread could make none at all). */
static bool wants_reset(const struct policy *policy)
{
	return policy->class != SCHED_OTHER || policy->level;
}

static int set_attr(pid_t tid, const struct policy *want, uint64_t flags)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_SYS_NICE);
	const struct class *class = class_of(want->class);
	struct attr attr = {
		.size = sizeof(attr),
		.policy = (uint32_t)want->class,
		.flags = flags,
		.runtime = want->runtime_ns,
		.deadline = want->deadline_ns,
		.period = want->period_ns,
	};

	if (class && class->kind == KIND_PRIORITY)
		attr.priority = (uint32_t)want->level;
	else
		attr.nice = want->level;
	return syscall(SYS_sched_setattr, tid, &attr, 0) ? -errno : 0;
}

static int get_attr(pid_t tid, struct attr *attr, struct err *err)
{
	*attr = (struct attr){ 0 };
	if (syscall(SYS_sched_getattr, tid, attr, sizeof(*attr), 0))
		return err_sys(err, "thread %d: reading its policy", tid);
	return 0;
}

/* The flags come apart from the policy here, unlike in sched_getscheduler(2), which ORs 0x40000000 into it. */
static struct policy attr_policy(const struct attr *attr)
{
	const struct class *class = class_of((int)attr->policy);
	struct policy policy = { .class = (int)attr->policy };

	/* idle keeps a nice value that has no effect */
	if (class && class->kind == KIND_PRIORITY)
		policy.level = (int)attr->priority;
	else if (class && class->kind == KIND_NICE)
		policy.level = attr->nice;
	if (class && class->kind == KIND_DEADLINE) {
		policy.runtime_ns = attr->runtime;
		policy.deadline_ns = attr->deadline;
		policy.period_ns = attr->period;
	}
	return policy;
}

int policy_read(pid_t tid, struct policy *ret, struct err *err)
{
	struct attr attr;
	int rc = get_attr(tid, &attr, err);

	if (!rc)
		*ret = attr_policy(&attr);
	return rc;
}

/* Source: sched_fork() in kernel/sched/core.c.  A deadline thread without the flag cannot fork at all. */
int policy_read_inherited(struct policy *ret, struct err *err)
{
	struct attr attr;
	int rc = get_attr(0, &attr, err);

	if (rc)
		return rc;
	*ret = attr_policy(&attr);
	if (!(attr.flags & ATTR_RESET_ON_FORK))
		return 0;
	if (policy_is_realtime(ret))
		*ret = (struct policy){ .class = SCHED_OTHER };
	else if (ret->level < 0)
		ret->level = 0;
	return 0;
}

static int check_applied(pid_t tid, const struct policy *want, struct err *err)
{
	char asked[128], given[128];
	struct policy got;
	struct attr attr;
	int rc = get_attr(tid, &attr, err);

	if (rc)
		return rc;
	got = attr_policy(&attr);
	policy_format(want, asked, sizeof(asked));
	policy_format(&got, given, sizeof(given));
	if (!policy_is_equal(&got, want))
		return err_set(err, EIO, "thread %d: asked for %s, the kernel says %s", tid, asked,
		               given);
	if (wants_reset(want) && !(attr.flags & ATTR_RESET_ON_FORK))
		return err_set(err, EIO, "thread %d: %s without reset-on-fork", tid, asked);
	return 0;
}

int policy_apply(pid_t tid, const struct policy *want, struct err *err)
{
	int rc;

	/* 0 is the caller and 1 is init: numbers that only a mistake produces */
	if (tid <= 1)
		return err_set(err, EINVAL, "%d is no thread to schedule", tid);
	rc = set_attr(tid, want, wants_reset(want) ? ATTR_RESET_ON_FORK : 0);
	/* Clearing the flag needs CAP_SYS_NICE.  On a plain thread it has no effect, so it may as well stay. */
	if (rc == -EPERM && !wants_reset(want))
		rc = set_attr(tid, want, ATTR_RESET_ON_FORK);
	if (rc)
		return refusal_policy(tid, want, -rc, err);
	return check_applied(tid, want, err);
}
