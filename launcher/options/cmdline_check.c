/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmdline_check.c - what no single word shows: knobs that need or exclude each other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmdline_check.h"
#include "qemu_words.h"

/* Every arm of a sweep: an axis of several levels has one that counts. */
static bool only_light(const struct cmdline *cmdline)
{
	for (int i = 0; i < cmdline->axes.nr; i++) {
		const struct axis *axis = &cmdline->axes.axis[i];

		if (!strcmp(axis->knob->name, "observe"))
			return axis->nr == 1 && !strcmp(axis->value[0], "light");
	}
	return cmdline->spec.observe == OBSERVE_LIGHT;
}

/* What would be taken and do nothing.  Arms from a file may bring what it needs. */
static int check_observers(const struct cmdline *cmdline, struct err *err)
{
	static const char *const of_trace[] = { "trace-buffer", "trace-limit" };
	const struct spec *spec = &cmdline->spec;

	if (spec->arms || spec->preset)
		return 0;
	if (spec->events && only_light(cmdline))
		return err_set(err, EINVAL,
		               "--events needs --observe counters or deep: light counts nothing");
	for (size_t i = 0; i < ARRAY_SIZE(of_trace) && !spec->trace; i++) {
		if (knob_is_given(spec, of_trace[i]))
			return err_set(err, EINVAL, "--%s needs --trace FILE", of_trace[i]);
	}
	return 0;
}

static int check_run(const struct spec *spec, struct err *err)
{
	if (!spec->nr_disks && !spec->kernel)
		return err_set(err, EINVAL,
		               "nothing to boot: name a disk or --kernel, or a command "
		               "(qlaunch --help)");
	if (spec->initrd && !spec->kernel)
		return err_set(err, EINVAL, "--initrd needs --kernel");
	if (spec->append && !spec->kernel)
		return err_set(err, EINVAL, "--append needs --kernel: a disk brings its own words");
	if (spec_waits_for_agent(spec) && qemu_words_have_port(spec->qemu_args, AGENT_PORT))
		return err_set(err, EINVAL,
		               "--warmup agent makes the port " AGENT_PORT " itself: leave out the "
		               "-device of that name after --, or use --warmup TIME");
	if (spec->place_at == PLACE_READY)
		return err_set(
		        err, EINVAL,
		        "--place-at ready needs the built-in guest (bench, sweep), whose load "
		        "says when it is ready");
	return 0;
}

/* `--vcpus 2 --pin 0,1` compares two lists of one CPU, and neither is enough for two vCPUs. */
static int check_pin_axis(const struct axis *axis, int wanted, const char *other_knob,
                          struct err *err)
{
	char all[128] = "";
	size_t used = 0;

	if (axis->has_brackets)
		return 0;
	for (int i = 0; i < axis->nr && used < sizeof(all); i++) {
		if (axis->value[i][strspn(axis->value[i], "0123456789")])
			return 0;
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i ? "," : "",
		                         axis->value[i]);
	}
	return err_set(err, EINVAL,
	               "--%s %s compares %d lists of one CPU each, and --%s is %d: put the CPUs of "
	               "one list into brackets, --%s [%s]",
	               axis->knob->name, all, axis->nr, other_knob, wanted, axis->knob->name, all);
}

static int check_pin_axes(const struct cmdline *cmdline, struct err *err)
{
	const struct spec *spec = &cmdline->spec;
	int rc = 0;

	for (int i = 0; i < cmdline->axes.nr && !rc; i++) {
		const struct axis *axis = &cmdline->axes.axis[i];

		if (!strcmp(axis->knob->name, "pin") && spec->vcpus > 1)
			rc = check_pin_axis(axis, spec->vcpus, "vcpus", err);
		else if (!strcmp(axis->knob->name, "io-pin") && spec->iothreads > 1)
			rc = check_pin_axis(axis, spec->iothreads, "iothreads", err);
	}
	return rc;
}

static int check_trials(const struct cmdline *cmdline, struct err *err)
{
	const struct spec *spec = &cmdline->spec;

	if (!spec->duration_ns)
		return err_set(err, EINVAL, "--duration: a trial of 0s measures nothing");
	if (spec->bs_bytes > spec->scratch_bytes)
		return err_set(err, EINVAL, "--bs is larger than the scratch (--scratch-size)");
	if (spec->pairs && !cmdline->axes.nr && !spec->arms)
		return err_set(err, EINVAL, "--pairs: no knob has several values");
	if (spec->shard.of && !spec->seed)
		return err_set(err, EINVAL, "--shard needs --seed: all shards must draw one order");
	if (spec->slurm && (spec->shard.of || spec->resume || spec->output || spec->hold))
		return err_set(err, EINVAL,
		               "--slurm gives each task its own shard and results file: no "
		               "--shard, --resume, --output or --hold");
	if (spec->submit && !spec->slurm)
		return err_set(err, EINVAL, "--submit needs --slurm N: it is what sbatch is given");
	if (spec->resume && spec->output)
		return err_set(err, EINVAL, "--resume names the results file, so --output is none");
	if (spec->nr_fail_ifs && spec->output && !strcmp(spec->output, "-"))
		return err_set(err, EINVAL, "--fail-if needs a results file, not -o -");
	if (spec->nr_fail_ifs && spec->shard.of)
		return err_set(err, EINVAL,
		               "--fail-if is about the whole sweep, and --shard measures a part: "
		               "join the shards' files, then qlaunch report --fail-if");
	if (spec->arms && spec->preset)
		return err_set(err, EINVAL, "--arms and --preset exclude each other");
	if ((spec->arms || spec->preset) && cmdline->axes.nr)
		return err_set(err, EINVAL, "--%s has several values, but --%s lists the arms",
		               cmdline->axes.axis[0].knob->name, spec->arms ? "arms" : "preset");
	return check_pin_axes(cmdline, err);
}

static int nr_of(const struct cmdline *cmdline, enum spec_side side)
{
	int nr = 0;

	for (int i = 0; i < cmdline->nr_files; i++)
		nr += cmdline->sides[i] == (int)side;
	return nr;
}

static int check_files(const struct cmdline *cmdline, struct err *err)
{
	const struct spec *spec = &cmdline->spec;
	bool has_sides = cmdline->nr_files && nr_of(cmdline, FILES_ALONE) < cmdline->nr_files;

	if (!cmdline->nr_files)
		return err_set(err, EINVAL, "report needs a results file");
	if (has_sides && nr_of(cmdline, FILES_ALONE))
		return err_set(err, EINVAL,
		               "%s is neither --old nor --new: with sides every file has one",
		               cmdline->files[0]);
	if (has_sides && (!nr_of(cmdline, FILES_OLD) || !nr_of(cmdline, FILES_NEW)))
		return err_set(
		        err, EINVAL,
		        "a comparison of sessions needs both --old FILE... and --new FILE...");
	if (spec->by && has_sides)
		return err_set(err, EINVAL,
		               "--by parts the files itself: no --old, --new or --spread-from");
	if (spec->format && !strcmp(spec->format, "junit") && !spec->nr_fail_ifs)
		return err_set(err, EINVAL,
		               "--format junit needs --fail-if: it says which limits are kept");
	return 0;
}

int cmdline_check(const struct cmdline *cmdline, struct err *err)
{
	int rc;

	switch (cmdline->command) {
	case COMMAND_RUN:
		rc = check_run(&cmdline->spec, err);
		return rc ? rc : check_observers(cmdline, err);
	case COMMAND_BENCH:
	case COMMAND_SWEEP:
		rc = check_trials(cmdline, err);
		return rc ? rc : check_observers(cmdline, err);
	case COMMAND_REPORT:
		return check_files(cmdline, err);
	case COMMAND_DOCTOR:
	case COMMAND_EXPLAIN:
		return 0;
	}
	return 0;
}
