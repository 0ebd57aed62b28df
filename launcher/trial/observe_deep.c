/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe_deep.c - BPF as an observer: joins the target's threads, their names and the rights to watch them. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "caps.h"
#include "child.h"
#include "cleanup.h"
#include "deep.h"
#include "deep_figures.h"
#include "observe.h"
#include "result.h"
#include "spec.h"
#include "target.h"
#include "text.h"

#define UNSEEN_SHARE 0.01 /* above it the line says so */
/* Exits before the window that tell what watching one takes; and how long they are waited for, and looked at. */
#define PRICED_EXITS    1000
#define PRICING_NS      50000000
#define PRICING_LOOK_NS 1000000

const int observe_deep_caps[OBSERVE_DEEP_CAPS] = { CAP_BPF, CAP_SYS_ADMIN };

struct look {
	const struct target *target;
	struct deep *deep; /* NULL: why_none */
	struct deep_reading reading;
	struct deep_name *names; /* of all that were there at an end of the window */
	int nr_names;
	double ns_per_exit; /* of the programs alone; 0: not known */
	char why_none[sizeof(((struct err *)NULL)->text)];
};

static void look_free(struct look **look)
{
	if (!*look)
		return;
	deep_close(&(*look)->deep);
	deep_reading_done(&(*look)->reading);
	free((*look)->names);
	free(*look);
	*look = NULL;
}

static bool has_name(const struct look *look, pid_t tid)
{
	for (int i = 0; i < look->nr_names; i++) {
		if (look->names[i].tid == tid)
			return true;
	}
	return false;
}

/* Names last longer than threads: who ended inside the window is still named. */
static int take_names(struct look *look, struct err *err)
{
	const struct threads *threads = &look->target->threads;
	struct deep_name *more = realloc(look->names, (size_t)(look->nr_names + threads->nr + 1) *
	                                                      sizeof(*more));

	if (!more)
		return err_set(err, ENOMEM, "out of memory");
	look->names = more;
	for (int i = 0; i < threads->nr; i++) {
		const struct thread *thread = &threads->list[i];
		struct deep_name *name = &look->names[look->nr_names];

		if (has_name(look, thread->tid))
			continue;
		*name = (struct deep_name){ .tid = thread->tid };
		text_copy(name->role, sizeof(name->role), role_name(thread->role));
		target_key(look->target, thread, name->key, sizeof(name->key));
		name->is_foreign = target_process_of(look->target, thread) !=
		                   look->target->child->pid;
		look->nr_names++;
	}
	return 0;
}

static void open_exits(struct look *look)
{
	CLEANUP(caps_lower) int admin = caps_raise(CAP_SYS_ADMIN);

	(void)admin;
	deep_open_exits(look->deep);
}

static int attach(struct look *look, struct err *err)
{
	CLEANUP(caps_lower) int bpf = caps_raise(CAP_BPF), perfmon = caps_raise(CAP_PERFMON);
	int rc = deep_open(&look->deep, err);

	(void)bpf;
	(void)perfmon;
	if (rc)
		return rc;
	/* native work leaves no guest, and TCG's vCPUs are no guest to the hardware */
	if (look->target->guest && look->target->kvm)
		open_exits(look);
	return 0;
}

static void watch(struct look *look)
{
	const struct threads *threads = &look->target->threads;
	/* what a thread sleeps in is to be read of another user's, too */
	CLEANUP(caps_lower) int bpf = caps_raise(CAP_BPF), ptrace = caps_raise(CAP_SYS_PTRACE);
	pid_t *tids = calloc((size_t)threads->nr + 1, sizeof(*tids));

	(void)bpf;
	(void)ptrace;
	for (int i = 0; tids && i < threads->nr; i++)
		tids[i] = threads->list[i].tid;
	deep_watch(look->deep, look->target->child->pid, tids, tids ? threads->nr : 0);
	free(tids);
}

/* The load runs already, but not the guest of a `run`: its first instruction is in the window. */
static void price_exits(struct look *look)
{
	static const struct timespec wait = { .tv_nsec = PRICING_LOOK_NS };
	CLEANUP(caps_lower) int admin = caps_raise(CAP_SYS_ADMIN), bpf = caps_raise(CAP_BPF);
	CLEANUP(fd_close) int clock = look->target->released ? deep_clock_open() : -1;
	struct deep_took took = { 0 }, first = { 0 };

	(void)admin;
	(void)bpf;
	for (int64_t ns = 0; clock >= 0 && ns < PRICING_NS && took.exits < PRICED_EXITS;
	     ns += PRICING_LOOK_NS) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
		deep_took(look->deep, &took);
		if (!first.exits)
			first = took;
	}
	/* the very first ones found the programs in no cache */
	if (took.exits == first.exits)
		first = (struct deep_took){ 0 };
	if (took.exits)
		look->ns_per_exit = (double)(took.exits_ns - first.exits_ns) /
		                    (double)(took.exits - first.exits);
}

static int open_deep(struct target *target, const struct spec *spec, int level, void **ret,
                     struct err *err)
{
	CLEANUP(look_free) struct look *look = NULL;
	struct err why = { 0 };

	(void)spec;
	if (level < OBSERVE_DEEP)
		return 0;
	look = calloc(1, sizeof(*look));
	if (!look)
		return err_set(err, ENOMEM, "out of memory");
	look->target = target;
	if (attach(look, &why))
		text_copy(look->why_none, sizeof(look->why_none), why.text);
	else
		watch(look);
	if (look->deep && target->guest && target->kvm)
		price_exits(look);
	*ret = STEAL(&look);
	return 0;
}

/* What fails from here on is the figures' loss, not the run's. */
static void lose(struct look *look, const struct err *why)
{
	text_copy(look->why_none, sizeof(look->why_none), why->text);
	deep_close(&look->deep);
}

static int start(void *state, struct target *target, struct err *err)
{
	CLEANUP(caps_lower) int bpf = caps_raise(CAP_BPF);
	struct look *look = state;
	int rc = take_names(look, err);

	(void)bpf;
	(void)target;
	if (!rc && look->deep)
		deep_start(look->deep);
	return rc;
}

static int stop(void *state, struct err *err)
{
	struct look *look = state;

	(void)err;
	if (look->deep)
		deep_stop(look->deep);
	return 0;
}

static void read_now(struct look *look)
{
	CLEANUP(caps_lower) int bpf = caps_raise(CAP_BPF), ptrace = caps_raise(CAP_SYS_PTRACE);
	struct err why = { 0 };

	(void)bpf;
	(void)ptrace;
	deep_reading_done(&look->reading);
	if (deep_read(look->deep, &look->reading, &why))
		lose(look, &why);
	else if (look->target->guest && !look->target->kvm)
		text_copy(look->reading.why_no_exits, sizeof(look->reading.why_no_exits),
		          "TCG runs this VM: no exits, and its halts are in offcpu_condition_s");
}

static void figures(void *state, struct json_object *line)
{
	struct look *look = state;
	struct err ignored = { 0 };

	if (look->deep)
		read_now(look);
	if (!look->deep) {
		deep_figures_none(look->why_none, line);
		result_warn(line, "--observe deep saw nothing: %s", look->why_none);
		return;
	}
	(void)(take_names(look, &ignored) != 0); /* newcomers then stay numbers */
	deep_figures(&look->reading, look->names, look->nr_names, line);
	if (look->ns_per_exit > 0)
		json_object_object_add(line, "observe_ns_per_exit",
		                       json_object_new_double(look->ns_per_exit));
	if (look->reading.lost_preemptors)
		result_warn(line,
		            "more than %d pairs of thread and preemptor: %" PRIu64
		            " preemptions are in no row of preemptors",
		            DEEP_PREEMPTORS, look->reading.lost_preemptors);
	if (deep_unseen_share(&look->reading) > UNSEEN_SHARE)
		result_warn(line,
		            "the kernel's sched_switch did not tell how %" PRIu64
		            " waits for a CPU ended (%.1f %%): they are in no run delay",
		            look->reading.unseen, 100 * deep_unseen_share(&look->reading));
}

static bool watched(const void *state)
{
	const struct look *look = state;

	return look->deep;
}

static void lacks(const void *state, const struct spec *spec, char *buf, size_t size)
{
	const struct look *look = state;

	if (spec->observe == OBSERVE_DEEP)
		snprintf(buf, size, "--observe deep: %s", look->why_none);
}

/* Of the exits; the scheduler's part is in the price of a switch. */
static double cost_ns(const void *state, struct session *session, const char **why)
{
	const struct look *look = state;
	uint64_t exits = 0;

	(void)session;
	for (int i = 0; look->deep && i < look->reading.nr_reasons; i++)
		exits += look->reading.reasons[i].what.count;
	if (exits && !(look->ns_per_exit > 0)) {
		*why = "what watching an exit takes could not be measured before the window";
		return NAN;
	}
	return (double)exits * look->ns_per_exit;
}

static void close_deep(void **state)
{
	look_free((struct look **)state);
}

const struct observer_kind observe_deep = {
	"deep",
	open_deep,
	start,
	stop,
	figures,
	close_deep,
	.level = OBSERVE_DEEP,
	.watched = watched,
	.lacks = lacks,
	.cost_ns = cost_ns,
};
