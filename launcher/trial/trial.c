/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial.c - tune, prepare, place, warm, count, run, collect: the order of the experiment is data.
 *
 * A step is done for one target after the other before the next step begins: so nobody is warmed up before all are
 * prepared, nobody is counted before all are ready, and all get their go at once.
 */
#include "trial.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>

#include "channel.h"
#include "cleanup.h"
#include "fleet.h"
#include "json.h"
#include "knobs.h"
#include "neighbours.h"
#include "noise.h"
#include "observe_cost.h"
#include "plan.h"
#include "pump.h"
#include "result.h"
#include "session.h"
#include "spec.h"
#include "target.h"
#include "text.h"
#include "trial_part.h"

struct trial {
	const struct fleet *fleet;
	struct session *session;
	const struct plan *plan;
	const struct spec *spec;
	const char *workload;
	struct json_object *line;
	struct noises *noises;
	int nr; /* parts, one a target */
	struct part *part;
	double *vcpu_s; /* of each: the CPU time of its vCPUs until the first one was done */
	int at;         /* the part that is in work, for messages */
};

static int tune_host(struct trial *trial, struct err *err)
{
	int rc = session_move(trial->session, trial->plan, err);

	/* nothing runs yet that it would disturb */
	return rc ? rc
	          : observe_cost(trial->session, trial->spec,
	                         trial->plan->guest && trial->plan->kvm, err);
}

static int make_noise(struct trial *trial, struct err *err)
{
	return noises_start(trial->session, trial->spec, &trial->noises, err);
}

static bool is_heard(const struct part *part)
{
	return part->done_ns || channel_has(part->target->channel, "done", part->id);
}

static bool any_is_done(const void *arg)
{
	const struct trial *trial = arg;

	for (int i = 0; i < trial->nr; i++) {
		if (!trial->part[i].done_ns && is_heard(&trial->part[i]))
			return true;
	}
	return false;
}

static int ask_alive(struct trial *trial, struct err *err)
{
	int rc = 0;

	for (int i = 0; i < trial->nr && !rc; i++) {
		trial->at = i;
		if (!trial->part[i].done_ns)
			rc = target_ask_alive(trial->part[i].target, err);
	}
	return rc;
}

/* Until any load is done; meanwhile threads that waited for a CPU when a window opened or closed are looked at. */
static int wait_looking(struct trial *trial, int64_t end_ns, struct err *err)
{
	for (;;) {
		int64_t until_ns = end_ns;
		int rc;

		for (int i = 0; i < trial->nr; i++) {
			int64_t look_ns;

			window_look(&trial->part[i].window);
			look_ns = window_next_look(&trial->part[i].window);
			until_ns = look_ns < until_ns ? look_ns : until_ns;
		}
		rc = pump_until(trial->session->pump, any_is_done, trial, until_ns, err);
		if (rc != -ETIMEDOUT || until_ns == end_ns)
			return rc;
	}
}

/* Loads that stay silent for longer than their window are asked after, as target_hear() does for one. */
static int wait_any_done(struct trial *trial, int64_t end_ns, struct err *err)
{
	const int64_t step_ns = trial->plan->guest ? trial->spec->qmp_timeout_ns : PART_ANSWER_NS;
	int64_t next_ns = clock_now_ns() + trial->spec->duration_ns + step_ns;

	for (;; next_ns += step_ns) {
		bool is_last = next_ns >= end_ns || !trial->plan->guest;
		int rc = wait_looking(trial, is_last ? end_ns : next_ns, err);

		if (rc != -ETIMEDOUT)
			return rc;
		rc = is_last ? err_set(err, ETIMEDOUT, "qload did not say 'done' in time")
		             : ask_alive(trial, err);
		if (rc)
			return rc;
	}
}

/* In the order in which they come: a window ends with its own load, and who died is noticed at once. */
static int hear_all(struct trial *trial, struct err *err)
{
	const int64_t end_ns = part_soon() + 2 * trial->spec->duration_ns;

	for (int nr_done = 0; nr_done < trial->nr; nr_done++) {
		int rc = wait_any_done(trial, end_ns, err);

		if (rc)
			return rc;
		for (int i = 0; !nr_done && i < trial->nr && trial->plan->guest; i++)
			trial->vcpu_s[i] = window_cpu_s(&trial->part[i].window, "vcpu");
		for (trial->at = 0; trial->at < trial->nr - 1; trial->at++) {
			const struct part *part = &trial->part[trial->at];

			if (!part->done_ns && is_heard(part))
				break;
		}
		rc = part_hear_done(&trial->part[trial->at], err);
		if (rc)
			return rc;
	}
	return 0;
}

static int settle_all(struct trial *trial, struct err *err)
{
	struct window **list = calloc((size_t)trial->nr, sizeof(*list));

	if (!list)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < trial->nr; i++)
		list[i] = &trial->part[i].window;
	windows_settle(list, trial->nr, trial->session->pump);
	free(list);
	return 0;
}

static int record_noise(struct trial *trial, struct err *err)
{
	return noises_record(trial->noises, trial->line, err);
}

/* A step is for the whole trial, or for each of its parts. */
static const struct {
	const char *name;
	int (*all)(struct trial *trial, struct err *err);
	int (*each)(struct part *part, struct err *err);
} steps[] = {
	{ "tune", tune_host, NULL },
	{ "tune", NULL, part_tune },
	{ "noise", make_noise, NULL },
	{ "prepare", NULL, part_say_prepare },
	{ "prepare", NULL, part_hear_parked },
	{ "warm", NULL, part_say_warm },
	{ "warm", NULL, part_hear_ready },
	{ "count", NULL, part_ask },
	{ "count", NULL, part_open },
	{ "run", NULL, part_say_go },
	{ "run", hear_all, NULL },
	/* of all before any is waited for: what these count goes on after the load's end */
	{ "collect", NULL, part_ask_end },
	{ "collect", settle_all, NULL },
	{ "collect", NULL, part_collect },
	{ "collect", record_noise, NULL },
};

static int take_step(struct trial *trial, size_t step, struct err *err)
{
	int rc = 0;

	trial->at = 0;
	if (steps[step].all)
		return steps[step].all(trial, err);
	for (int i = 0; i < trial->nr && rc >= 0; i++) {
		trial->at = i;
		rc = steps[step].each(&trial->part[i], err);
	}
	return rc;
}

/* Of a neighbour: what names the trial, and room for what it has to say. */
static struct json_object *side_line(struct json_object *line, int vm)
{
	static const char *const keys[] = { "arm", "workload", "block", "repeat", "arm_order" };
	struct json_object *side = json_object_new_object(), *value;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (json_object_object_get_ex(line, keys[i], &value))
			json_object_object_add(side, keys[i], json_object_get(value));
	}
	json_object_object_add(side, "vm", json_object_new_int(vm));
	json_object_object_add(side, "warnings", json_object_new_array());
	return side;
}

static int make_parts(struct trial *trial, uint64_t seed, struct err *err)
{
	trial->part = calloc((size_t)trial->nr, sizeof(*trial->part));
	trial->vcpu_s = calloc((size_t)trial->nr, sizeof(*trial->vcpu_s));
	if (!trial->part || !trial->vcpu_s)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < trial->nr; i++) {
		struct target *target = trial->fleet->target[i];

		trial->part[i] = (struct part){ .target = target,
			                        .plan = trial->plan,
			                        .spec = trial->spec,
			                        .workload = trial->workload,
			                        .seed = seed + (uint64_t)i,
			                        .id = ++target->next_id,
			                        .line = i ? side_line(trial->line, i)
			                                  : json_object_get(trial->line) };
	}
	return 0;
}

/* The neighbours' lines become a part of the first VM's. */
static int join_parts(struct trial *trial, struct err *err)
{
	struct vm_part *parts = calloc((size_t)trial->nr, sizeof(*parts));

	if (!parts)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < trial->nr; i++)
		parts[i] = (struct vm_part){ .line = trial->part[i].line,
			                     .done_ns = trial->part[i].done_ns,
			                     .load_ns = trial->part[i].load_ns,
			                     .vcpu_s = trial->vcpu_s[i],
			                     .nr_claimed = trial->part[i].nr_claimed };
	neighbours_join(parts, trial->nr, trial->workload);
	free(parts);
	return 0;
}

static void trial_done(struct trial *trial)
{
	noises_end(&trial->noises);
	for (int i = 0; trial->part && i < trial->nr; i++) {
		part_done(&trial->part[i]);
		json_done(&trial->part[i].line);
	}
	free(trial->part);
	free(trial->vcpu_s);
}

int trial_run(const struct fleet *fleet, const struct plan *plan, const struct spec *spec,
              const char *workload, uint64_t seed, struct json_object *line, struct err *err)
{
	CLEANUP(trial_done)
	struct trial trial = { .fleet = fleet,
		               .session = fleet->target[0]->session,
		               .plan = plan,
		               .spec = spec,
		               .workload = workload,
		               .line = line,
		               .nr = fleet->nr };
	int rc = make_parts(&trial, seed, err);

	result_plan(line, plan, plan->cache);
	if (fleet->target[0]->vm)
		json_object_object_add(line, "vm", json_object_get(fleet->target[0]->vm));
	for (size_t i = 0; i < ARRAY_SIZE(steps) && rc >= 0; i++) {
		rc = take_step(&trial, i, err);
		if (rc >= 0)
			continue;
		target_explain(fleet->target[trial.at], err);
		fleet_blame(fleet, trial.at, err);
		return err_in(err, "%s", steps[i].name);
	}
	if (rc < 0)
		return rc;
	if (plan->guest && knob_is_given(spec, "vms"))
		rc = join_parts(&trial, err);
	json_object_object_add(line, "ended", json_object_new_string("done"));
	return rc;
}
