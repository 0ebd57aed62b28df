/* SPDX-License-Identifier: GPL-2.0-or-later */
/* experiment.c - walks the steps of a sweep.  Decides nothing: order, plans and arms are given. */
#include "experiment.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "cleanup.h"
#include "course.h"
#include "design.h"
#include "fleet.h"
#include "json.h"
#include "likeness.h"
#include "matrix.h"
#include "measured.h"
#include "pace.h"
#include "plan.h"
#include "progress.h"
#include "pump.h"
#include "result.h"
#include "result_file.h"
#include "session.h"
#include "stopping.h"
#include "target.h"
#include "text.h"
#include "trial.h"

#define RESTARTS_MAX 2 /* of one boot whose VM died under a trial */

/* The walk: what runs now, and for which block and boot it was started. */
struct walk {
	const struct experiment *experiment;
	struct fleet *fleet;
	int block, boot, arm, restarts;
	int nr_begun;        /* of the open steps */
	bool is_native_warm; /* the first native visit is over */
	bool second_vm; /* the block's own VM of this boot group is gone: killed, or of an earlier run */
	char broken[512]; /* why this boot cannot be had, "" where it can */
	char no_hello
	        [512]; /* a guest on software KVM was waited for in vain: the next one would be too */
	int64_t started_ns;
	struct tally tally;
};

static struct json_object *new_line(const struct walk *walk, const struct step *step, int order)
{
	const struct matrix *matrix = walk->experiment->matrix;
	const struct arm *arm = &matrix->arm[step->arm];
	const char *workload = arm->spec.workload[step->workload];
	const struct result_key key = { .arm = arm->name,
		                        .workload = workload,
		                        .block = step->block,
		                        .repeat = step->repeat,
		                        .order = order,
		                        .seed = matrix->seed,
		                        .baseline = walk->experiment->baseline,
		                        .arm_order = step->arm,
		                        .boot_group = arm->boot,
		                        .control_of = arm->is_control ? walk->experiment->baseline
		                                                      : NULL,
		                        .primary = workload_find(workload)->primary };
	struct json_object *line = result_new(session_host(walk->experiment->session), &key,
	                                      &arm->spec);

	design_put(walk->experiment->design, line);
	return line;
}

static void put_error(struct json_object *line, const char *text, const char *ended)
{
	json_object_object_del(line, "figures");
	json_object_object_del(line, "histograms");
	json_object_object_add(line, "error", json_object_new_string(text));
	json_object_object_add(line, "ended", json_object_new_string(ended));
}

/* A VM serves its block and boot; a native target serves one arm's visit. */
static bool fits(const struct walk *walk, const struct step *step)
{
	if (walk->block != step->block || walk->boot != step->boot)
		return false;
	return step->boot >= 0 || walk->arm == step->arm;
}

static int start_guest(struct walk *walk, const struct arm *arm, const struct plan *plan,
                       struct err *err)
{
	struct session *session = walk->experiment->session;
	CLEANUP(plan_free) struct plan *neutral = NULL;
	struct vm_wish wish = { .spec = &arm->spec, .plan = plan, .builtin = true };
	int rc = 0;

	if (arm->spec.place_at == PLACE_READY) {
		rc = plan_make_neutral(&arm->spec, &session->host,
		                       session_qemu(session, &arm->spec), &neutral, err);
		wish.plan = neutral;
	}
	if (!rc)
		rc = fleet_start_vms(session, &wish, &walk->fleet, err);
	if (!rc)
		rc = fleet_hold(walk->fleet, err);
	if (!rc)
		rc = fleet_release(walk->fleet, wish.plan, err);
	return rc;
}

/* Did a VM of this block and boot group finish a trial already? */
static bool boot_has_trials(const struct experiment *experiment, const struct step *step)
{
	const struct course *course = experiment->course;

	for (int i = 0; i < course->nr; i++) {
		const struct step *other = &course->step[i];

		if (course->state[i] == STEP_KEPT && other->block == step->block &&
		    other->boot == step->boot && experiment->plan[other->arm])
			return true;
	}
	return false;
}

/* The first visit of a boot is dropped: caches, page tables and the guest's own start are still settling.  So is the
 * first native one of all: what settles there is the machine, once. */
static int warm_up(struct walk *walk, const struct step *step, struct err *err)
{
	const struct arm *arm = &walk->experiment->matrix->arm[step->arm];
	CLEANUP(json_done) struct json_object *dropped = json_object_new_object();

	walk->is_native_warm |= step->boot < 0;
	progress_show(walk->experiment->session->verbose, 1, "block %d of %d: first visit, dropped",
	              step->block + 1, walk->experiment->matrix->boots);
	return trial_run(walk->fleet, walk->experiment->plan[step->arm], &arm->spec,
	                 arm->spec.workload[step->workload], walk->experiment->matrix->seed,
	                 dropped, err);
}

/* A file system without O_DIRECT (an older tmpfs) cannot carry cache=none: QEMU would refuse to start. */
static void fit_cache(const struct session *session, struct plan *plan)
{
	if (session->has_scratch && !session->scratch.direct)
		plan_without_direct(plan);
}

/* Makes the target that the step needs; its failure is kept for the other steps of this boot. */
static int change_target(struct walk *walk, const struct step *step, struct err *err)
{
	struct session *session = walk->experiment->session;
	const struct arm *arm = &walk->experiment->matrix->arm[step->arm];
	struct plan *plan = walk->experiment->plan[step->arm];
	int64_t begun_ns;
	int rc;

	if (fits(walk, step) && (walk->fleet || walk->broken[0]))
		return walk->broken[0] ? err_set(err, ENODEV, "%s", walk->broken) : 0;
	fleet_end(&walk->fleet);
	if (!fits(walk, step))
		walk->restarts = 0;
	walk->block = step->block;
	walk->boot = step->boot;
	walk->arm = step->arm;
	walk->broken[0] = '\0';
	begun_ns = clock_now_ns();
	walk->second_vm = step->boot >= 0 && boot_has_trials(walk->experiment, step);
	rc = session_fit(session, &arm->spec, err);
	fit_cache(session, plan);
	if (!rc)
		rc = session_move(session, plan, err);
	if (!rc && plan->kvm_is_software && walk->no_hello[0])
		rc = err_set(err, ENODEV, "not tried again: %s", walk->no_hello);
	if (!rc)
		rc = plan->guest ? start_guest(walk, arm, plan, err)
		                 : fleet_start_native(session, plan, &walk->fleet, err);
	if (rc == -ETIMEDOUT && plan->kvm_is_software)
		text_copy(walk->no_hello, sizeof(walk->no_hello), err->text);
	if (!rc && walk->experiment->drops_first && (plan->guest || !walk->is_native_warm))
		rc = warm_up(walk, step, err);
	if (!rc && plan->guest)
		pace_booted(walk->experiment->pace, step, clock_now_ns() - begun_ns);
	if (!rc)
		return 0;
	fleet_end(&walk->fleet);
	err_in(err, plan->guest ? "boot" : "start");
	text_copy(walk->broken, sizeof(walk->broken), err->text);
	return rc;
}

static void show(const struct walk *walk, const struct step *step, int order)
{
	const struct matrix *matrix = walk->experiment->matrix;
	const struct arm *arm = &matrix->arm[step->arm];
	int64_t ns = pace_left(walk->experiment->pace, order);
	char left[32] = "";

	if (walk->nr_begun)
		text_format_duration(ns / NSEC_PER_SEC * NSEC_PER_SEC, left, sizeof(left));
	progress_show(walk->experiment->session->verbose, 1,
	              "trial %d of %d: block %d of %d, %s, %s%s%s", order + 1,
	              walk->experiment->course->nr, step->block + 1, matrix->boots, arm->name,
	              arm->spec.workload[step->workload], left[0] ? ", left about " : "", left);
}

static int write_line(const struct walk *walk, struct json_object *line, struct err *err)
{
	measured_take(walk->experiment->measured, line);
	return result_append(walk->experiment->file, line, err);
}

/* A finished trial: into the file, and into what decides about the rest. */
static int keep(struct walk *walk, int order, struct json_object *line, int64_t took_ns,
                struct err *err)
{
	const struct experiment *experiment = walk->experiment;
	int rc = write_line(walk, line, err);

	if (rc)
		return rc;
	walk->tally.done++;
	experiment->course->state[order] = STEP_KEPT;
	pace_took(experiment->pace, &experiment->course->step[order], took_ns);
	return experiment->stopping ? stopping_take(experiment->stopping, order, line, err) : 0;
}

/* An arm that is tuned live on another arm's VM has the same scratch; its line says what became of its wish. */
static void fit_scratch(const struct walk *walk, const struct step *step, struct json_object *line)
{
	const struct session *session = walk->experiment->session;
	const struct arm *arm = &walk->experiment->matrix->arm[step->arm];
	struct json_object *spec;

	fit_cache(session, walk->experiment->plan[step->arm]);
	if (!session->has_scratch || session->scratch.direct || !arm->spec.direct ||
	    !workload_find(arm->spec.workload[step->workload])->is_io)
		return;
	result_warn(line, "--direct on was not to be had: %s", session->scratch.why);
	if (arm->spec.where == WHERE_NATIVE && json_object_object_get_ex(line, "spec", &spec))
		json_object_object_add(spec, "direct", json_object_new_string("off"));
}

/* One trial into one line.  Only an interruption or a results file that cannot be written ends the walk. */
static int take_step(struct walk *walk, const struct step *step, int order, struct err *err)
{
	CLEANUP(json_done) struct json_object *line = new_line(walk, step, order);
	const struct arm *arm = &walk->experiment->matrix->arm[step->arm];
	uint64_t seed = walk->experiment->matrix->seed +
	                (uint64_t)(step->block * 4096 + step->repeat);
	struct err trouble = { 0 };
	int64_t begun_ns;
	int rc;

	if (arm->refused[0]) {
		put_error(line, arm->refused, "refused");
		walk->tally.refused++;
		return write_line(walk, line, err);
	}
	show(walk, step, order);
	rc = change_target(walk, step, &trouble);
	fit_scratch(walk, step, line);
	begun_ns = clock_now_ns();
	if (!rc)
		rc = trial_run(walk->fleet, walk->experiment->plan[step->arm], &arm->spec,
		               arm->spec.workload[step->workload], seed, line, &trouble);
	if (walk->second_vm)
		result_warn(line, "another VM of this block than the one it began with");
	if (rc && pump_signal(walk->experiment->session->pump))
		return err_set(err, EINTR, "%s", trouble.text);
	if (!rc)
		likeness_note(walk->experiment->engines, line);
	if (!rc)
		return keep(walk, order, line, clock_now_ns() - begun_ns, err);
	walk->tally.failed++;
	put_error(line, trouble.text, "failed");
	progress_warn("%s, %s: %s", arm->name, arm->spec.workload[step->workload], trouble.text);
	if (walk->fleet && ++walk->restarts > RESTARTS_MAX)
		text_copy(walk->broken, sizeof(walk->broken), trouble.text);
	fleet_end(&walk->fleet); /* whatever state it is in: the next trial gets a new one */
	return write_line(walk, line, err);
}

int experiment_run(const struct experiment *experiment, struct tally *ret, struct err *err)
{
	struct walk walk = { .experiment = experiment,
		             .block = -1,
		             .boot = -2,
		             .arm = -1,
		             .started_ns = clock_now_ns() };
	struct course *course = experiment->course;
	int rc = 0;

	walk.tally.nr_steps = course_count(course, STEP_OPEN);
	for (int i = 0; i < course->nr && !rc; i++) {
		if (course->state[i] != STEP_OPEN && course->state[i] != STEP_CUT)
			continue;
		if (experiment->budget_ns)
			pace_fit(experiment->pace, i,
			         experiment->budget_ns - (clock_now_ns() - walk.started_ns));
		if (course->state[i] != STEP_OPEN)
			continue;
		rc = take_step(&walk, &course->step[i], i, err);
		course->state[i] = STEP_KEPT;
		walk.nr_begun++;
	}
	fleet_end(&walk.fleet);
	progress_clear();
	*ret = walk.tally;
	return rc;
}
