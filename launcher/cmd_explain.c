/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_explain.c - what a figure of a result line means.  Measures nothing. */
#include <errno.h>
#include <stdio.h>

#include "cmdline.h"
#include "command.h"
#include "figure_table.h"

static void list_all(void)
{
	const struct figure_row *row;

	for (size_t i = 0; (row = figure_table_at(i)); i++) {
		printf("%s\n", row->name);
		if (row->per_op)
			printf("%s\n", row->per_op);
	}
}

static int refuse(const char *name, struct err *err)
{
	const char *near = figure_table_nearest(name);

	if (near)
		err_set(err, EINVAL, "explain %.64s: no figure has this name: did you mean %s?",
		        name, near);
	else
		err_set(err, EINVAL,
		        "explain %.64s: no figure has this name: `qlaunch explain` lists them all, "
		        "and what --events counts is explained by `perf list`",
		        name);
	return EXIT_USAGE;
}

static int explain_main(const struct cmdline *cmdline, struct err *err)
{
	for (int i = 0; i < cmdline->nr_files; i++) {
		if (!figure_table_find(cmdline->files[i]).row)
			return refuse(cmdline->files[i], err);
	}
	for (int i = 0; i < cmdline->nr_files; i++) {
		const struct figure_match match = figure_table_find(cmdline->files[i]);

		if (i)
			putchar('\n');
		figure_table_explain(&match, cmdline->files[i], stdout);
	}
	if (!cmdline->nr_files)
		list_all();
	return EXIT_DONE;
}

const struct command cmd_explain = { .name = "explain", .run = explain_main };
