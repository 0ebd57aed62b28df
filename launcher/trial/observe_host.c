/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_host.c - what kept threads off their CPUs that no other thread did: the host's own hypervisor and a cgroup's
 * CPU quota.  Two small files read around the window, at every level.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "child.h"
#include "cleanup.h"
#include "figure.h"
#include "observe.h"
#include "policy.h"
#include "quota.h"
#include "result.h"
#include "rt_limit.h"
#include "steal.h"
#include "target.h"
#include "text.h"

#define NOTICED_NS   (NSEC_PER_SEC / 1000)
#define NOTICED_WAIT 0.01 /* of the time */

/* [0]: at the window's start, [1]: at its end. */
struct watch {
	struct steal stolen[2];
	struct quota quota[2];
	char steal_why[200]; /* why an end is missing */
	char folder[4096];   /* of the target's cgroup; "": it has none */
	struct rt_limit limit;
	bool real_time; /* a thread that does the work is SCHED_FIFO or SCHED_RR */
	int64_t at_ns[2];
};

static void watch_free(struct watch **watch)
{
	for (int end = 0; *watch && end < 2; end++)
		steal_done(&(*watch)->stolen[end]);
	free(*watch);
	*watch = NULL;
}

static bool is_real_time(const struct target *target)
{
	for (int i = 0; i < target->threads.nr; i++) {
		const struct thread *thread = &target->threads.list[i];
		struct policy policy;
		struct err gone;

		if ((thread->role == ROLE_VCPU || thread->role == ROLE_NATIVE) &&
		    !policy_read(thread->tid, &policy, &gone) && policy_has_priority(&policy))
			return true;
	}
	return false;
}

static int open_host(struct target *target, const struct spec *spec, int level, void **ret,
                     struct err *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	(void)spec;
	(void)level;
	if (!watch)
		return err_set(err, ENOMEM, "out of memory");
	if (cgroup_find(target->child->pid, "cpu", watch->folder, sizeof(watch->folder)))
		watch->folder[0] = '\0';
	watch->real_time = is_real_time(target);
	rt_limit_read(&watch->limit);
	*ret = watch;
	return 0;
}

/* A host without one of them has no figure, but a trial. */
static void look(struct watch *watch, int end)
{
	struct err why;

	if (!watch->steal_why[0] && steal_read(&watch->stolen[end], &why))
		text_copy(watch->steal_why, sizeof(watch->steal_why), why.text);
	watch->at_ns[end] = clock_now_ns();
	if (watch->folder[0])
		quota_read(watch->folder, &watch->quota[end]);
}

static int start(void *state, struct target *target, struct err *err)
{
	(void)target;
	(void)err;
	look(state, 0);
	return 0;
}

static int stop(void *state, struct err *err)
{
	(void)err;
	look(state, 1);
	return 0;
}

static void warn_quota(const struct watch *watch, struct json_object *line)
{
	const struct quota *end = &watch->quota[1];
	uint64_t ns = end->throttled_ns - watch->quota[0].throttled_ns;

	if (end->throttled_ns > watch->quota[0].throttled_ns && ns > NOTICED_NS)
		result_warn(
		        line,
		        "a CPU quota%s%s kept threads off their CPUs for %.3f s (quota_throttled_s): "
		        "raise it in %.200s or a cgroup above (cpu.max, or cpu.cfs_quota_us of version 1)",
		        end->limit[0] ? " of " : "", end->limit, (double)ns / NSEC_PER_SEC,
		        end->folder);
}

/* The longest wait of a thread that does the work, as a share of the window. */
static double most_waited(const struct watch *watch, struct json_object *out, const char **ret_key)
{
	double most = 0, window_ns = (double)(watch->at_ns[1] - watch->at_ns[0]);
	struct json_object *figure, *by;

	if (!json_object_object_get_ex(out, "run_delay_s", &figure) ||
	    !json_object_object_get_ex(figure, "by", &by))
		return 0;
	json_object_object_foreach(by, key, value) {
		double share = value ? json_object_get_double(value) * 1e9 / window_ns : 0;

		if ((strncmp(key, "vcpu/", 5) && strncmp(key, "native/", 7)) || share <= most)
			continue;
		most = share;
		*ret_key = key;
	}
	return most;
}

/* By --observe deep, which comes first. */
static bool is_measured(struct json_object *out)
{
	struct json_object *figure, *value;

	return json_object_object_get_ex(out, "rt_throttled_s", &figure) &&
	       json_object_object_get_ex(figure, "value", &value) && value;
}

/* More than the kernel takes is another thread's doing. */
static void put_limit(const struct watch *watch, struct json_object *line, struct json_object *out)
{
	double seconds = (double)(watch->at_ns[1] - watch->at_ns[0]) / NSEC_PER_SEC, waited;
	const char *key = "";
	char words[300], why[400];

	if (!watch->real_time)
		return;
	rt_limit_format(&watch->limit, words, sizeof(words));
	snprintf(why, sizeof(why), "the kernel keeps no count of it; predicted: %s", words);
	if (!is_measured(out))
		figure_none(out, "rt_throttled_s", "s", BETTER_NONE, why);
	json_object_object_add(line, "rt_kept_share", json_object_new_double(watch->limit.share));
	waited = most_waited(watch, out, &key);
	if (waited > NOTICED_WAIT && rt_limit_covers(&watch->limit, waited, seconds))
		result_warn(
		        line,
		        "%s is a real-time thread and waited for a CPU %.1f %% of the time, most "
		        "likely because %s",
		        key, waited * 100, words);
}

static void figures(void *state, struct json_object *line)
{
	struct watch *watch = state;
	struct json_object *out;

	if (!json_object_object_get_ex(line, "figures", &out))
		return;
	steal_figure(&watch->stolen[0], &watch->stolen[1],
	             watch->steal_why[0] ? watch->steal_why : NULL, out);
	quota_figure(&watch->quota[0], &watch->quota[1], out);
	warn_quota(watch, line);
	put_limit(watch, line, out);
}

static void close_host(void **state)
{
	watch_free((struct watch **)state);
}

const struct observer_kind observe_host = {
	"host", open_host, start, stop, figures, close_host, .level = 0,
};
