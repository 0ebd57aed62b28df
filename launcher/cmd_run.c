/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_run.c - launch a VM from the user's disk, place it, measure it until it stops. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bootable.h"
#include "caps.h"
#include "cleanup.h"
#include "cmdline.h"
#include "command.h"
#include "confine.h"
#include "confine_words.h"
#include "console.h"
#include "disk.h"
#include "disk_use.h"
#include "dry_run.h"
#include "json.h"
#include "matrix.h"
#include "observe.h"
#include "overlay.h"
#include "paths.h"
#include "placement.h"
#include "plan.h"
#include "progress.h"
#include "pump.h"
#include "qemu_words.h"
#include "report.h"
#include "result.h"
#include "result_file.h"
#include "session.h"
#include "target.h"
#include "terminal.h"
#include "text.h"
#include "trace_path.h"
#include "vm_life.h"

struct run {
	struct session *session;
	struct plan *plan;
	struct disk_info disks[SPEC_DISKS_MAX];
	int overlays[SPEC_DISKS_MAX];
	int nr_disks;
	struct result_file file;
	struct outfile console;
	char console_path[4096];
	struct target *target;
	bool has_started;
};

static void run_done(struct run *run)
{
	target_end(&run->target);
	for (int i = 0; i < run->nr_disks; i++) {
		disk_info_done(&run->disks[i]);
		fd_close(&run->overlays[i]);
	}
	if (!run->has_started)
		outfile_remove(&run->console); /* nobody has written to it */
	outfile_close(&run->console);
	result_file_close(&run->file);
	plan_free(&run->plan);
	session_close(&run->session);
}

static void say_open_ports(const struct spec *spec)
{
	char *const *at = spec->qemu_args;
	const char *word;

	while (at && (word = qemu_words_open(&at)))
		progress_say(spec->verbose,
		             "note: %s listens on every address of this host, without a password: "
		             "%s is for this host alone",
		             word,
		             strstr(word, "vnc") || strstr(word, "display") ? "-vnc 127.0.0.1:0"
		             : strstr(word, "spice") ? "-spice addr=127.0.0.1,..."
		                                     : "-gdb tcp:127.0.0.1:1234");
}

static void say_notes(const struct spec *spec)
{
	char *const *at = spec->qemu_args;
	const char *word;

	say_open_ports(spec);
	if (spec->initrd && !bootable_initrd(spec->initrd))
		progress_say(
		        spec->verbose,
		        "note: --initrd %s is no cpio archive, packed or not: Linux ignores it",
		        spec->initrd);
	while (at && (word = qemu_words_unknown(&at)))
		progress_say(spec->verbose,
		             "note: qlaunch does not know QEMU's option %.64s, and passes it on",
		             word);
}

/* QEMU would say it too, but only once it has been started. */
static int check_unlike(const struct run *run, const struct spec *spec, int last, struct err *err)
{
	struct stat st, other;

	if (fstat(run->disks[last].fd, &st))
		return err_sys(err, "%s", run->disks[last].path);
	for (int i = 0; i < last; i++) {
		bool written = !spec->snapshot &&
		               !(spec->disk[i].readonly && spec->disk[last].readonly);

		if (written && !fstat(run->disks[i].fd, &other) && st.st_dev == other.st_dev &&
		    st.st_ino == other.st_ino)
			return err_set(err, EINVAL, "%s: the same disk twice, and not read-only",
			               run->disks[last].path);
	}
	return 0;
}

static int check_boot_file(const char *knob, const char *path, struct err *err)
{
	struct stat st;

	if (!path)
		return 0;
	if (stat(path, &st) || access(path, R_OK))
		return err_sys(err, "--%s: %s", knob, path);
	return S_ISREG(st.st_mode) ? 0 : err_set(err, EINVAL, "--%s: %s is no file", knob, path);
}

static int check_boot_files(const struct spec *spec, struct err *err)
{
	int rc = check_boot_file("kernel", spec->kernel, err);

	if (!rc)
		rc = check_boot_file("initrd", spec->initrd, err);
	if (!rc && spec->kernel && bootable_kernel(spec->kernel, err))
		rc = err_in(err, "--kernel: %s", spec->kernel);
	return rc;
}

/* The first disk boots, unless a kernel or other firmware was named. */
static int check_firmware(const struct run *run, const struct spec *spec, struct err *err)
{
	static const char ovmf[] = "/usr/share/ovmf/OVMF.fd";

	if (!run->nr_disks || spec->kernel || !run->disks[0].uefi_only ||
	    qemu_words_have_firmware(spec->qemu_args) ||
	    (spec->machine && strstr(spec->machine, "pflash")))
		return 0;
	return err_set(err, EINVAL,
	               "%s boots by UEFI only (an EFI system partition, no boot code), and QEMU's "
	               "own firmware is a BIOS: say -- -bios %s%s",
	               run->disks[0].path, ovmf, access(ovmf, R_OK) ? " (package ovmf)" : "");
}

/* A raw disk or a kernel may hold anything, also what looks like an output of ours. */
static int check_not(const struct stat *input, const char *name, const char *output,
                     const struct stat *st, struct err *err)
{
	if (input->st_dev != st->st_dev || input->st_ino != st->st_ino)
		return 0;
	return err_set(err, EINVAL, "%s is %s of this run, so it cannot be the output too", output,
	               name);
}

static int check_inputs(const struct run *run, const struct spec *spec, const char *output,
                        const struct stat *st, struct err *err)
{
	struct stat input;
	int rc = 0;

	for (int i = 0; i < run->nr_disks && !rc; i++) {
		if (!fstat(run->disks[i].fd, &input))
			rc = check_not(&input, "a disk", output, st, err);
	}
	if (!rc && spec->kernel && !stat(spec->kernel, &input))
		rc = check_not(&input, "the kernel", output, st, err);
	if (!rc && spec->initrd && !stat(spec->initrd, &input))
		rc = check_not(&input, "the initrd", output, st, err);
	return rc;
}

/* A file that a word after "--" lets QEMU write to: it opens it by name, whatever this host does with it. */
static int check_word_written(const struct run *run, const struct spec *spec, const char *path,
                              struct err *err)
{
	struct stat st;
	int rc = disk_use_check_name(path, false, err);

	return rc || stat(path, &st) ? rc : check_inputs(run, spec, path, &st, err);
}

static int check_word_replaced(const struct spec *spec, const char *path, struct err *err)
{
	struct stat st;

	if (spec->overwrite || stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	return err_set(err, EEXIST,
	               "%s exists, and QEMU would replace it: name a new file, or --overwrite lets "
	               "it",
	               path);
}

static int check_word_files(const struct run *run, const struct spec *spec, struct err *err)
{
	CLEANUP(confine_done) struct confine files = { 0 };
	int rc = confine_words(spec->qemu_args, &files, err);

	for (int i = 0; i < files.read.nr && !rc; i++)
		rc = disk_use_check_name(files.read.v[i], true, err);
	for (int i = 0; i < files.write.nr && !rc; i++)
		rc = check_word_written(run, spec, files.write.v[i], err);
	for (int i = 0; i < files.replaced.nr && !rc; i++)
		rc = check_word_replaced(spec, files.replaced.v[i], err);
	return rc ? rc : confine_words_check_servers(&files, false, err);
}

static int open_disks(struct run *run, const struct spec *spec, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);

	(void)raised;
	if (!spec->nr_disks && !spec->kernel)
		return err_set(
		        err, EINVAL,
		        "run: which disk? name an image, or --kernel; 'qlaunch bench' needs neither");
	for (int i = 0; i < spec->nr_disks; i++) {
		struct disk disk = spec->disk[i];

		disk.readonly |= spec->snapshot; /* its writes go to the overlay */
		run->overlays[i] = -1;
		if (disk_open(&disk, spec->allow_backing, &run->disks[i], err))
			return -err->code;
		run->nr_disks++;
		if (check_unlike(run, spec, i, err))
			return -err->code;
	}
	return check_word_files(run, spec, err) ? -err->code : check_firmware(run, spec, err);
}

static int check_outputs(const struct run *run, const struct spec *spec, struct err *err)
{
	struct stat results, trace;
	int rc = 0;

	if (fstat(run->file.out.fd, &results))
		return err_sys(err, "%s", run->file.path);
	if (!run->file.out.is_stream)
		rc = check_inputs(run, spec, run->file.path, &results, err);
	if (rc || !spec->trace || stat(spec->trace, &trace))
		return rc;
	rc = check_inputs(run, spec, spec->trace, &trace, err);
	return rc ? rc : check_not(&trace, "the results file", spec->trace, &results, err);
}

static int make_overlays(struct run *run, const struct spec *spec, struct err *err)
{
	char folder[4096];
	int rc = paths_state(folder, sizeof(folder), err);

	for (int i = 0; i < run->nr_disks && !rc && spec->snapshot; i++)
		rc = overlay_make(folder, run->disks[i].bytes, &run->overlays[i], err);
	return rc;
}

static int make_plan(struct run *run, const struct spec *spec, struct err *err)
{
	int rc = plan_make(spec, &run->session->host, session_qemu(run->session, spec), run->plan,
	                   err);

	return rc ? rc : rlimits_check(&run->session->limits, spec, run->plan, err);
}

static int decide(struct run *run, const struct spec *spec, struct err *err)
{
	int rc = open_disks(run, spec, err);

	if (!rc)
		rc = check_boot_files(spec, err);
	if (!rc)
		rc = session_probe(run->session, spec, ASK_STORED, err);
	run->plan = rc ? NULL : calloc(1, sizeof(*run->plan));
	if (!rc && !run->plan)
		rc = err_set(err, ENOMEM, "out of memory");
	return rc ? rc : make_plan(run, spec, err);
}

/* The console has the terminal when there is one on both sides; else a capped log beside the results. */
static int open_console(struct run *run, bool terminal, struct err *err)
{
	if (terminal)
		return 0;
	return paths_result("run", "console.log", &run->console, run->console_path,
	                    sizeof(run->console_path), err);
}

/* Each thread as the kernel says it is, before the first guest instruction. */
static void say_placement(const struct run *run)
{
	const struct placed *placed = run->target->placed;

	for (int i = 0; i < run->target->nr_placed; i++) {
		char where[64], cpus[400], policy[64];

		snprintf(where, sizeof(where), "%s/%d", role_name(placed[i].thread.role),
		         placed[i].thread.index);
		cpuset_format(&placed[i].got_cpus, cpus, sizeof(cpus));
		policy_format(&placed[i].got_policy, policy, sizeof(policy));
		progress_say(run->session->verbose, "%-12s tid %-8d cpus %-12s %s", where,
		             placed[i].thread.tid, cpus, policy);
	}
}

static bool has_writable_disk(const struct spec *spec)
{
	for (int i = 0; i < spec->nr_disks && !spec->snapshot; i++) {
		if (!spec->disk[i].readonly)
			return true;
	}
	return false;
}

static void introduce_console(const struct run *run, const struct spec *spec, bool terminal)
{
	if (!terminal) {
		progress_say(spec->verbose, "console: %s", run->console_path);
		return;
	}
	progress_say(spec->verbose, "console: the guest's serial port is on this terminal; "
	                            "Ctrl-A X leaves, Ctrl-A ? shows all keys");
	if (has_writable_disk(spec))
		console_ask_first(run->target->console);
}

/* QEMU refused to start after a stored answer: it is asked once more, in case that the answer no longer holds. */
static bool renew_plan(struct run *run, const struct spec *spec)
{
	struct err ignored;

	return session_probe_again(run->session, spec, &ignored) == 1 &&
	       !make_plan(run, spec, &ignored);
}

static int start(struct run *run, const struct spec *spec, bool terminal, struct err *err)
{
	const struct vm_wish wish = { .spec = spec,
		                      .plan = run->plan,
		                      .disks = run->disks,
		                      .overlays = run->overlays,
		                      .terminal = terminal,
		                      .console_log_fd = run->console.fd };
	int rc = session_move(run->session, run->plan, err);

	if (!rc)
		rc = target_start_vm(run->session, &wish, &run->target, err);
	if (rc && !pump_signal(run->session->pump) && renew_plan(run, spec))
		rc = target_start_vm(run->session, &wish, &run->target, err);
	if (!rc) /* no other QEMU follows */
		rc = caps_drop((const cap_value_t[]){ CAP_SETUID, CAP_SETGID }, 2, err);
	if (rc)
		return rc;
	run->has_started = true;
	for (int i = 0; i < run->nr_disks; i++)
		disk_info_done(&run->disks[i]); /* QEMU has its own copy; its locks end with it */
	say_placement(run);
	introduce_console(run, spec, terminal);
	return target_hold(run->target, err);
}

static struct json_object *new_line(const struct run *run, const struct spec *spec)
{
	char arm[ARM_NAME_MAX];
	const struct result_key key = { .arm = arm, .workload = "run" };
	struct json_object *line;

	arm_name_alone(spec, arm);
	line = result_new(session_host(run->session), &key, spec);
	result_plan(line, run->plan, run->plan->disk_cache);
	json_object_object_add(line, "vm", json_object_get(run->target->vm));
	return line;
}

static void say_end(const struct run *run, const struct vm_life *life, struct json_object *line)
{
	progress_clear();
	if (life->was_cut)
		result_warn(line,
		            "the guest was cut by QMP quit after %d presses of its power button",
		            life->presses);
	if (!strcmp(life->ended, "reset-loop"))
		result_warn(
		        line,
		        "the guest faults or reboots in a loop (%d reboots, the last three within "
		        "10 s), so the run was ended; --reboot off ends it at the first reset",
		        life->reboots);
	progress_say(run->session->verbose, "ended after %.1f s: %s%s", life->seconds, life->ended,
	             life->was_cut   ? " (QMP quit)"
	             : life->presses ? " (obeyed the ACPI power button)"
	                             : "");
}

/* The report as text; NULL where the line itself goes to stdout. */
static int render(const struct run *run, const struct spec *spec, struct json_object *line,
                  char **ret, struct err *err)
{
	const struct report_wish wish = { .format = REPORT_TABLE,
		                          .all_figures = spec->verbose > 0,
		                          .coloured = progress_colours() };
	size_t len;
	FILE *out;
	int rc;

	if (run->file.out.is_stdout)
		return 0;
	out = open_memstream(ret, &len);
	if (!out)
		return err_sys(err, "open_memstream");
	rc = report_write_line(&wish, json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN),
	                       out, err);
	if (fclose(out) && !rc)
		rc = err_sys(err, "the report");
	return rc ? -err->code : 0;
}

static void show(const struct run *run, const char *report)
{
	if (!report)
		return;
	fputs(report, stdout);
	printf("\nresults: ");
	text_print_plain(run->file.path, strlen(run->file.path), stdout);
	printf("\n");
}

static int live(struct run *run, const struct spec *spec, struct err *err)
{
	CLEANUP(json_done) struct json_object *line = new_line(run, spec);
	struct vm_life life = { 0 };
	CLEANUP(str_free) char *report = NULL;
	struct err trouble = { 0 };
	int rc = vm_live(run->target, run->plan, spec, line, &life, &trouble), signal;

	signal = pump_signal(run->session->pump);
	if (rc)
		json_object_object_add(line, "error", json_object_new_string(trouble.text));
	else
		say_end(run, &life, line);
	target_quit(run->target);
	if (result_append(&run->file, line, err) || /* while QEMU ends */
	    (!rc && render(run, spec, line, &report, err)))
		return -err->code;
	target_end(&run->target); /* restores the terminal */
	if (rc) {
		*err = trouble;
		return rc;
	}
	show(run, report);
	if (!rc && !signal && run->session->unobserved[0])
		return err_set(err, ENODATA, "%s", run->session->unobserved);
	if (rc || !signal)
		return rc;
	err_set(err, EINTR, "interrupted by SIG%s; the measurement until then is kept",
	        sigabbrev_np(signal));
	return 128 + signal;
}

static int run_main(const struct cmdline *cmdline, struct err *err)
{
	CLEANUP(run_done) struct run run = { .file = RESULT_FILE_NONE, .console = OUTFILE_NONE };
	struct spec whole = cmdline->spec;
	const struct spec *spec = &whole;
	bool terminal = terminal_is_ours() && isatty(STDOUT_FILENO) && !spec->hold;
	int rc = session_open(spec, &run.session, err);

	if (!rc)
		plan_inherit(&whole, &run.session->host);
	if (!rc)
		rc = decide(&run, spec, err);
	if (!rc)
		say_notes(spec);
	if (!rc && spec->dry_run)
		return dry_run_run(spec, run.plan, run.session, run.disks, stdout, err);
	if (!rc)
		rc = trace_path_check(spec, false, err);
	if (!rc)
		rc = observe_trace_check(spec, err);
	if (!rc)
		rc = result_file_open(spec->output, "run", &run.file, err);
	if (!rc)
		rc = check_outputs(&run, spec, err);
	if (!rc)
		rc = open_console(&run, terminal, err);
	if (!rc)
		rc = make_overlays(&run, spec, err);
	if (rc)
		return EXIT_USAGE;
	progress_say(spec->verbose, "accelerator: %s", run.plan->accel_why);
	if (run.session->inherited[0])
		progress_say(spec->verbose, "inherited: %s", run.session->inherited);
	for (int i = 0; i < run.plan->nr_notes; i++)
		progress_say(spec->verbose, "note: %s", run.plan->note[i]);
	rc = start(&run, spec, terminal, err);
	if (rc && pump_signal(run.session->pump))
		return 128 + pump_signal(run.session->pump);
	return rc ? rc : live(&run, spec, err);
}

const struct command cmd_run = { .name = "run", .run = run_main };
