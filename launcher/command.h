/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - a command is a file that exports one constant.
 */
#ifndef LAUNCHER_COMMAND_H
#define LAUNCHER_COMMAND_H

#include "err.h"

struct cmdline;

/* Exit codes of qlaunch. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2, /* bad usage, or refused before anything started */
	EXIT_LIMIT = 3, /* measured, but outside a limit that was asked for */
};

struct command {
	const char *name;
	/* Returns an exit code (0..3, 130, 143), or -errno with words in err, which main prints once. */
	int (*run)(const struct cmdline *cmdline, struct err *err);
};

extern const struct command cmd_run, cmd_bench, cmd_sweep, cmd_report, cmd_doctor, cmd_explain;

#endif
