/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - one table, one message, one exit code. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "catalog.h"
#include "cleanup.h"
#include "cmdline.h"
#include "command.h"
#include "observe.h"
#include "output.h"
#include "redirected.h"
#include "rlimits.h"
#include "stop.h"
#include "trace_folder.h"

static const struct command *const commands[] = {
	[COMMAND_RUN] = &cmd_run,       [COMMAND_BENCH] = &cmd_bench,
	[COMMAND_SWEEP] = &cmd_sweep,   [COMMAND_REPORT] = &cmd_report,
	[COMMAND_DOCTOR] = &cmd_doctor, [COMMAND_EXPLAIN] = &cmd_explain,
};

/*
 * A descriptor that the caller has closed would be taken by the next file that is opened, and what is said would go
 * into it.  Nothing can be written to the stdout that stands in: it fails as a closed one does.
 */
static void fill_standard_fds(void)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			_exit(EXIT_FAILED);
	}
}

static bool only_reads(const struct cmdline *cmdline)
{
	return cmdline->command == COMMAND_REPORT || cmdline->command == COMMAND_EXPLAIN;
}

/* An arms file or a preset may name any level. */
static bool may_go_deep(const struct cmdline *cmdline)
{
	const struct spec *spec = &cmdline->spec;

	if (spec->observe == OBSERVE_DEEP || spec->arms || spec->preset)
		return true;
	for (int i = 0; i < cmdline->axes.nr; i++) {
		if (!strcmp(cmdline->axes.axis[i].knob->name, "observe"))
			return true;
	}
	return false;
}

/* Those of a level, and the count of I/Os that were handed over.  Doctor asks whether it can. */
static bool may_count(const struct cmdline *cmdline)
{
	const struct spec *spec = &cmdline->spec;

	if (only_reads(cmdline))
		return false;
	if (cmdline->command == COMMAND_DOCTOR || spec->observe != OBSERVE_LIGHT)
		return true;
	for (int i = 0; i < spec->nr_workloads; i++) {
		if (workload_find(spec->workload[i])->is_io)
			return true;
	}
	return false;
}

/* A right that nothing will need is given up, also where only the kernel's level makes it one. */
static int keep_caps(const struct cmdline *cmdline, struct err *err)
{
	static const cap_value_t foreign[] = { CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_SYS_PTRACE };
	cap_value_t more[ARRAY_SIZE(foreign) + OBSERVE_DEEP_CAPS];
	size_t nr = 0;

	if (only_reads(cmdline))
		return caps_keep(err);
	for (size_t i = 0; i < ARRAY_SIZE(foreign) && !geteuid(); i++)
		more[nr++] = foreign[i]; /* QEMU gets a uid of its own */
	if (may_go_deep(cmdline)) {
		memcpy(more + nr, observe_deep_caps, sizeof(observe_deep_caps));
		nr += OBSERVE_DEEP_CAPS;
	} else if (may_count(cmdline) && observe_needs_admin()) {
		more[nr++] = CAP_SYS_ADMIN;
	}
	return caps_keep_with(more, nr, err);
}

/* While CAP_SYS_ADMIN is still here.  Who needs tracefs and has none will say so. */
static void find_tracefs(const struct cmdline *cmdline)
{
	struct err ignored;

	if (only_reads(cmdline) || cmdline->spec.dry_run ||
	    !(cmdline->spec.trace || may_count(cmdline) || may_go_deep(cmdline)))
		return;
	(void)!trace_folder_mount(&ignored);
}

static int obey(const struct cmdline *cmdline, struct err *err)
{
	int rc;

	if (cmdline->help) {
		cmdline_help(cmdline, stdout);
		return EXIT_DONE;
	}
	if (cmdline->version) {
		printf("qlaunch %s\n", QLAUNCH_VERSION);
		return EXIT_DONE;
	}
	find_tracefs(cmdline);
	rc = keep_caps(cmdline, err);
	return rc ? rc : commands[cmdline->command]->run(cmdline, err);
}

/* `qlaunch report | head`: the end of a program that is not listened to any more, without a word. */
static void end_by_sigpipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

/* What was said is written out; the first failure is the one that is told. */
static int finish(int rc, struct err *err)
{
	struct err last = { 0 };

	stop_take(); /* the way out may wait until the next signal */
	if (output_close(&last) && !rc) {
		rc = -last.code;
		*err = last;
	}
	if (err->code == EPIPE && output_has_no_reader())
		end_by_sigpipe();
	if (rc && err->code)
		fprintf(stderr, "qlaunch: %s\n", err->text);
	if (rc && stop_signal())
		return 128 + stop_signal();
	return rc < 0 ? EXIT_FAILED : rc;
}

/* Not in main(): the frame of a command line alone can be more than a small stack has left. */
static int __attribute__((noinline)) begin(int argc, char **argv, struct err *err)
{
	CLEANUP(cmdline_done) struct cmdline cmdline = { 0 };

	return cmdline_parse(argc, argv, &cmdline, err) ? EXIT_USAGE : obey(&cmdline, err);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int rc;

	fill_standard_fds();
	rc = rlimits_check_stack(&err) || redirected_check(argv, &err) ? EXIT_USAGE
	                                                               : output_open(&err);
	if (!rc)
		rc = begin(argc, argv, &err);
	return finish(rc, &err);
}
