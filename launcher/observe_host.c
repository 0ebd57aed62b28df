/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_host.c - what kept threads off their CPUs that no other thread did: the host's own hypervisor and a cgroup's
 * CPU quota.  Two small files read around the window, at every level.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "cgroup.h"
#include "child.h"
#include "cleanup.h"
#include "observe.h"
#include "quota.h"
#include "result.h"
#include "steal.h"
#include "target.h"
#include "text.h"

#define NOTICED_NS (NSEC_PER_SEC / 1000)

/* [0]: at the window's start, [1]: at its end. */
struct watch {
	struct steal stolen[2];
	struct quota quota[2];
	char steal_why[200]; /* why an end is missing */
	char folder[4096];   /* of the target's cgroup; "": it has none */
};

static void watch_free(struct watch **watch)
{
	for (int end = 0; *watch && end < 2; end++)
		steal_done(&(*watch)->stolen[end]);
	free(*watch);
	*watch = NULL;
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
	*ret = watch;
	return 0;
}

/* A host without one of them has no figure, but a trial. */
static void look(struct watch *watch, int end)
{
	struct err why;

	if (!watch->steal_why[0] && steal_read(&watch->stolen[end], &why))
		text_copy(watch->steal_why, sizeof(watch->steal_why), why.text);
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
}

static void close_host(void **state)
{
	watch_free((struct watch **)state);
}

const struct observer_kind observe_host = {
	"host", open_host, start, stop, figures, close_host, .level = 0,
};
