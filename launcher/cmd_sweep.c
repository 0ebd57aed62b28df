/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_sweep.c - bench and sweep: a matrix of arms, measured and compared. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cleanup.h"
#include "cmdline.h"
#include "command.h"
#include "course.h"
#include "design.h"
#include "design_power.h"
#include "dry_run.h"
#include "experiment.h"
#include "fail_if.h"
#include "json.h"
#include "matrix.h"
#include "measured.h"
#include "mem_fit.h"
#include "observe.h"
#include "pace.h"
#include "paths.h"
#include "plans.h"
#include "progress.h"
#include "pump.h"
#include "report.h"
#include "result_file.h"
#include "resume.h"
#include "sbatch.h"
#include "session.h"
#include "slurm.h"
#include "stopping.h"
#include "sweep_words.h"
#include "text.h"
#include "topology.h"
#include "trace_path.h"

/* Everything a sweep holds, released in one place. */
struct sweep {
	struct session *session;
	struct matrix matrix;
	struct plans plans;
	struct design design;
	struct course course;
	struct stopping *stopping; /* NULL: every cell has all its repeats */
	struct pace *pace;
	struct measured measured;
	struct json_object *engines; /* see likeness.h */
	struct result_file file;
};

static void sweep_done(struct sweep *sweep)
{
	result_file_close(&sweep->file);
	stopping_free(&sweep->stopping);
	pace_free(&sweep->pace);
	json_done(&sweep->engines);
	course_done(&sweep->course);
	plans_done(&sweep->plans);
	matrix_done(&sweep->matrix);
	session_close(&sweep->session);
}

/* Small enough to be typed again. */
static int draw_seed(uint64_t *ret, struct err *err)
{
	uint32_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return err_sys(err, "getrandom");
	*ret = bits ? bits : 1;
	return 0;
}

static int refuse_one_arm(const struct cmdline *cmdline, const struct matrix *matrix,
                          struct err *err)
{
	const struct spec *spec = &cmdline->spec;

	if (cmdline->axes.nr || spec->arms || spec->preset)
		return err_set(err, EINVAL,
		               "nothing to compare: only one configuration is left (%.100s); equal "
		               "ones count once, and options of the guest change nothing natively",
		               matrix->arm[0].name);
	return err_set(
	        err, EINVAL,
	        "nothing to compare: give an option several values (--policy other,fifo), or "
	        "--arms FILE or --preset NAME; qlaunch bench measures one configuration");
}

static int list_arms(struct sweep *sweep, const struct cmdline *cmdline, struct err *err)
{
	struct matrix *matrix = &sweep->matrix;
	int rc = matrix_make(&cmdline->spec, &cmdline->axes, &sweep->session->host, matrix, err);

	if (!rc && cmdline->command == COMMAND_SWEEP && matrix->nr_arms < 2)
		rc = refuse_one_arm(cmdline, matrix, err);
	if (!rc && !matrix->seed && cmdline->spec.resume)
		rc = resume_seed(cmdline->spec.resume, &matrix->seed, err);
	return !rc && !matrix->seed ? draw_seed(&matrix->seed, err) : rc;
}

/* Plans for all arms.  Where every arm (bench: any) is refused, the first reason is the answer. */
static int decide(struct sweep *sweep, const struct cmdline *cmdline, struct err *err)
{
	struct matrix *matrix = &sweep->matrix;
	int rc = 0;

	for (int i = 0; !rc && i < matrix->nr_arms; i++) {
		if (matrix->arm[i].spec.where == WHERE_GUEST)
			rc = session_probe(sweep->session, &matrix->arm[i].spec, ASK_ANEW, err);
	}
	if (!rc)
		rc = plans_make(matrix, sweep->session, &sweep->plans, err);
	if (!rc)
		mem_fit(matrix, &sweep->plans, &sweep->session->mem_sizes);
	if (rc || !sweep->plans.nr_refused)
		return rc;
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!matrix->arm[i].refused[0])
			continue;
		if (sweep->plans.nr_refused == matrix->nr_arms || cmdline->command == COMMAND_BENCH)
			return err_set(err, EINVAL, "%s", matrix->arm[i].refused);
		progress_warn("%s: refused: %s", matrix->arm[i].name, matrix->arm[i].refused);
	}
	return 0;
}

static const char *find_baseline(const struct sweep *sweep, const struct cmdline *cmdline,
                                 struct err *err)
{
	const char *wanted = cmdline->spec.baseline;

	for (int i = 0; i < sweep->matrix.nr_arms; i++) {
		if (!wanted || !strcmp(wanted, sweep->matrix.arm[i].name))
			return sweep->matrix.arm[i].name;
	}
	err_set(err, EINVAL, "--baseline: no arm is called '%.100s'; the first one is '%s'", wanted,
	        sweep->matrix.arm[0].name);
	return NULL;
}

/* The design's steps, and which of them are this run's. */
static int lay_course(struct sweep *sweep, const struct spec *spec, const char *baseline,
                      struct err *err)
{
	int arm = 0, rc = design_make(&sweep->matrix, &sweep->design, err);

	sweep->design.looks = spec->until_ci > 0 ? stopping_looks(sweep->matrix.repeats) : 0;

	while (arm < sweep->matrix.nr_arms && strcmp(sweep->matrix.arm[arm].name, baseline) != 0)
		arm++;
	if (!rc)
		rc = course_make(&sweep->matrix, &sweep->course, err);
	if (!rc && spec->shard.of)
		rc = course_shard(&sweep->course, spec->shard.i, spec->shard.of, err);
	if (!rc && spec->until_ci > 0)
		rc = stopping_make(&sweep->course, spec->until_ci, arm, &sweep->stopping, err);
	return rc ? rc : pace_make(&sweep->course, &sweep->pace, err);
}

/* The results file, and what of the design it holds already. */
static int open_results(struct sweep *sweep, const struct cmdline *cmdline, struct err *err)
{
	const char *resume = cmdline->spec.resume;
	int rc;

	if (!resume)
		return result_file_open(cmdline->spec.output,
		                        cmdline->command == COMMAND_BENCH ? "bench" : "sweep",
		                        &sweep->file, err);
	rc = result_file_reopen(resume, &sweep->file, err);
	if (!rc)
		rc = resume_read(&sweep->file, &sweep->design, &sweep->course, sweep->stopping,
		                 &sweep->measured, &sweep->engines, err);
	return rc ? err_in(err, "--resume") : 0;
}

/* The guest images of all arms.  An arm whose memory cannot hold them is refused; a bench, or the last arm, ends it. */
static int make_guests(struct sweep *sweep, const struct cmdline *cmdline, struct err *err)
{
	struct matrix *matrix = &sweep->matrix;
	struct plans *plans = &sweep->plans;
	int rc = 0;

	for (int i = 0; i < matrix->nr_arms && !rc; i++) {
		struct arm *arm = &matrix->arm[i];

		if (arm->spec.where != WHERE_GUEST || !plans->plan[i])
			continue;
		rc = session_guest(sweep->session, &arm->spec, err);
		if (rc || !session_check_memory(&arm->spec, &sweep->session->kernel,
		                                sweep->session->initrd, err))
			continue;
		text_copy(arm->refused, sizeof(arm->refused), err->text);
		plan_free(&plans->plan[i]);
		if (++plans->nr_refused == matrix->nr_arms || cmdline->command == COMMAND_BENCH)
			rc = -EINVAL;
		else
			progress_warn("%s: refused: %s", arm->name, arm->refused);
	}
	return rc;
}

/* What has to exist before the first trial: results file, guest images of all arms, scratch of the first that runs.
 * Where arms differ in these, each gets its own back at its turn. */
static int prepare(struct sweep *sweep, const struct cmdline *cmdline, struct err *err)
{
	const struct matrix *matrix = &sweep->matrix;
	int rc = paths_qload(sweep->session->qload, sizeof(sweep->session->qload), err);

	/* a misspelt folder is said before a kernel is downloaded */
	for (int i = 0; i < matrix->nr_arms && !rc; i++) {
		if (matrix->arm[i].spec.scratch && access(matrix->arm[i].spec.scratch, X_OK))
			rc = err_sys(err, "--scratch: %s", matrix->arm[i].spec.scratch);
	}
	for (int i = 0; i < matrix->nr_arms && !rc; i++) {
		rc = trace_path_check(&matrix->arm[i].spec, sweep->course.nr > 1, err);
		if (!rc)
			rc = observe_trace_check(&matrix->arm[i].spec, err);
	}
	if (!rc)
		rc = open_results(sweep, cmdline, err);
	sweep->session->nr_trials = sweep->course.nr;
	if (!rc && !course_count(&sweep->course, STEP_OPEN))
		return 0;
	if (!rc)
		rc = make_guests(sweep, cmdline, err);
	for (int i = 0; i < matrix->nr_arms && !rc && !sweep->session->has_scratch; i++) {
		if (sweep->plans.plan[i])
			rc = session_fit(sweep->session, &matrix->arm[i].spec, err);
	}
	return rc;
}

/* What the report could only say afterwards. */
static void say_power(const struct sweep *sweep, const struct spec *spec, const char *baseline)
{
	struct design_power power;
	char advice[384];

	design_power_make(&sweep->matrix, spec, baseline, &power);
	design_power_advise(&power, &sweep->matrix, spec, advice, sizeof(advice));
	if (advice[0])
		progress_say(sweep->session->verbose, "%s", advice);
}

static void say_what(const struct sweep *sweep, const struct spec *spec, const char *baseline)
{
	int verbose = sweep->session->verbose;

	if (sweep->session->inherited[0])
		progress_say(verbose, "inherited: %s", sweep->session->inherited);
	sweep_say_plans(&sweep->matrix, &sweep->plans, baseline, verbose);
	say_power(sweep, spec, baseline);
	if (strcmp(sweep->file.path, "-"))
		progress_say(verbose, "results: %s", sweep->file.path);
	if (course_count(&sweep->course, STEP_KEPT))
		progress_say(verbose, "%d of %d trials are there already",
		             course_count(&sweep->course, STEP_KEPT), sweep->course.nr);
}

static int compare(const struct sweep *sweep, const struct cmdline *cmdline, const char *baseline,
                   struct err *err)
{
	struct report_wish wish = { .format = REPORT_TABLE,
		                    .baseline = baseline,
		                    .fail_if = cmdline->spec.fail_if,
		                    .nr_fail_ifs = cmdline->spec.nr_fail_ifs,
		                    .all_figures = cmdline->spec.verbose > 0,
		                    .coloured = progress_colours() };
	char path[sizeof(sweep->file.path)], *paths[] = { path };
	struct err other = { 0 };
	int rc;

	if (sweep->file.out.is_stream)
		return 0;
	memcpy(path, sweep->file.path, sizeof(path));
	rc = report_write(&wish, paths, 1, stdout, err);
	if (rc == -EINVAL && wish.nr_fail_ifs) {
		/* it names what was not measured; the report is wanted all the same */
		wish.nr_fail_ifs = 0;
		if (report_write(&wish, paths, 1, stdout, &other))
			return rc;
	} else if (rc && rc != -ERANGE && rc != -ENODATA) {
		return rc;
	}
	printf("\nresults: ");
	text_print_plain(path, strlen(path), stdout);
	printf("\n");
	return rc;
}

static int finish(struct sweep *sweep, const struct cmdline *cmdline, const char *baseline,
                  struct err *err)
{
	const struct experiment experiment = { .session = sweep->session,
		                               .matrix = &sweep->matrix,
		                               .plan = sweep->plans.plan,
		                               .baseline = baseline,
		                               .file = &sweep->file,
		                               .design = &sweep->design,
		                               .course = &sweep->course,
		                               .stopping = sweep->stopping,
		                               .pace = sweep->pace,
		                               .measured = &sweep->measured,
		                               .engines = &sweep->engines,
		                               .budget_ns = cmdline->spec.budget_ns,
		                               .drops_first = cmdline->command == COMMAND_SWEEP };
	struct tally tally = { 0 };
	struct err report_err = { 0 };
	const char *missing, *why;
	int kept = course_count(&sweep->course, STEP_KEPT);
	int rc = experiment_run(&experiment, &tally, err),
	    signal = pump_signal(sweep->session->pump);

	if (rc && rc != -EINTR)
		return rc;
	/* cut short, the baseline may have no trial yet: then there is nothing to compare with */
	if (kept + tally.done && compare(sweep, cmdline, baseline, &report_err) && !signal) {
		*err = report_err;
		return report_err.code == ERANGE ? EXIT_LIMIT : EXIT_FAILED;
	}
	if (signal) {
		err_set(err, EINTR, "interrupted by SIG%s; %d of %d trials are kept",
		        sigabbrev_np(signal), kept + tally.done, sweep->course.nr);
		if (cmdline->command == COMMAND_SWEEP && strcmp(sweep->file.path, "-") != 0 &&
		    kept + tally.done)
			sweep_say_resume(cmdline->argv, sweep->file.path);
		return 128 + signal;
	}
	if (!kept && !tally.done)
		return err_set(err, EIO, "no trial could be run; each reason stands in %s",
		               sweep->file.path);
	sweep_say_left_out(&sweep->course, sweep->session->verbose);
	if (tally.failed)
		progress_warn("%d of %d trials failed; each reason stands in the results",
		              tally.failed, tally.nr_steps);
	missing = measured_missing(&sweep->measured, &sweep->course, &why);
	if (missing)
		return err_set(err, ENODATA, "--workload %s has no value in any configuration: %s",
		               missing, why);
	if (sweep->session->unobserved[0])
		return err_set(err, ENODATA, "%s", sweep->session->unobserved);
	return EXIT_DONE;
}

static int print_dry(const struct sweep *sweep, const struct cmdline *cmdline, const char *baseline,
                     struct err *err)
{
	const bool is_sweep = cmdline->command == COMMAND_SWEEP;
	struct design_power power;
	bool is_kvm = false;
	int rc = dry_run_print(&sweep->matrix, &sweep->plans, sweep->session,
	                       is_sweep && sweep->matrix.nr_arms > 1, stdout, err);

	if (rc)
		return rc;
	for (int i = 0; i < sweep->plans.nr; i++)
		is_kvm |= sweep->plans.plan[i] && sweep->plans.plan[i]->kvm;
	design_power_make(&sweep->matrix, &cmdline->spec, baseline, &power);
	design_power_print(&power, &sweep->course, &cmdline->spec, is_kvm, is_sweep, stdout);
	return 0;
}

static int hand_to_slurm(const struct sweep *sweep, const struct cmdline *cmdline, struct err *err)
{
	const struct slurm slurm = { .argv = cmdline->argv,
		                     .shards = cmdline->spec.slurm,
		                     .seed = sweep->matrix.seed,
		                     .may_replace = cmdline->spec.overwrite,
		                     .fail_if = cmdline->spec.fail_if,
		                     .nr_fail_ifs = cmdline->spec.nr_fail_ifs };

	if (slurm.shards > sweep->matrix.boots) {
		err_set(err, EINVAL,
		        "--slurm %d: a task has whole blocks, and this sweep has %d (--boots)",
		        slurm.shards, sweep->matrix.boots);
		return EXIT_USAGE;
	}
	if (cmdline->spec.until_ci > 0 && slurm.shards > 1 &&
	    stopping_shard_units(&sweep->matrix, slurm.shards) <
	            stopping_first_look(&sweep->matrix)) {
		err_set(err, EINVAL,
		        "--slurm %d: --until-ci looks at %d boots (natively: rounds) of a task first, "
		        "and this sweep has %d: use --boots and --repeat of %d or more",
		        slurm.shards, stopping_first_look(&sweep->matrix),
		        stopping_shard_units(&sweep->matrix, slurm.shards),
		        slurm.shards * stopping_first_look(&sweep->matrix));
		return EXIT_USAGE;
	}
	if (!cmdline->spec.submit)
		return slurm_print(&slurm, stdout, err) ? EXIT_FAILED : EXIT_DONE;
	return sbatch_submit(&slurm, stdout, err) ? EXIT_FAILED : EXIT_DONE;
}

static int sweep_main(const struct cmdline *cmdline, struct err *err)
{
	CLEANUP(sweep_done) struct sweep sweep = { .file = RESULT_FILE_NONE };
	const char *baseline = NULL;
	int rc = session_open(&cmdline->spec, &sweep.session, err);

	if (!rc)
		rc = list_arms(&sweep, cmdline, err);
	if (!rc && !(baseline = find_baseline(&sweep, cmdline, err)))
		rc = -EINVAL;
	/* what its nodes can do is not what this machine can: each task decides for its own */
	if (!rc && (!cmdline->spec.slurm || cmdline->spec.dry_run))
		rc = decide(&sweep, cmdline, err);
	if (!rc && cmdline->spec.nr_fail_ifs)
		rc = fail_if_check(&sweep.matrix, &cmdline->spec, baseline, err);
	if (!rc && cmdline->spec.slurm && !cmdline->spec.dry_run)
		return hand_to_slurm(&sweep, cmdline, err);
	if (!rc)
		rc = lay_course(&sweep, &cmdline->spec, baseline, err);
	if (!rc && cmdline->spec.dry_run)
		rc = print_dry(&sweep, cmdline, baseline, err);
	if (!rc && cmdline->spec.dry_run)
		return EXIT_DONE;
	if (!rc)
		rc = prepare(&sweep, cmdline, err);
	if (rc && sweep.session && pump_signal(sweep.session->pump))
		return 128 + pump_signal(sweep.session->pump);
	if (rc && sweep.matrix.nr_arms > 1 && cmdline->command == COMMAND_SWEEP &&
	    sweep.plans.nr_refused == sweep.matrix.nr_arms)
		return EXIT_FAILED; /* every arm refused is a failed sweep, not a misspelt one */
	if (rc)
		return EXIT_USAGE;
	say_what(&sweep, &cmdline->spec, baseline);
	return finish(&sweep, cmdline, baseline, err);
}

const struct command cmd_bench = { .name = "bench", .run = sweep_main };
const struct command cmd_sweep = { .name = "sweep", .run = sweep_main };
