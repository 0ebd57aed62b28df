/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_explain.c - what a figure of a result line means.  Measures nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmdline.h"
#include "command.h"
#include "events.h"
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
		        "explain %.64s: no figure and no event of perf has this name: `qlaunch "
		        "explain` lists the figures, `perf list` the events",
		        name);
	return EXIT_USAGE;
}

/* By what --events would take: its part of one operation is cut from the name first. */
static bool is_event(const char *name, char *event, size_t size, bool *ret_is_time)
{
	struct event_set set;
	struct err ignored;
	const size_t len = strlen(name), end = strlen(FIGURE_PER_OP);
	const size_t used = figure_table_is_per_op(name) ? len - end : len;

	if (used >= size)
		return false;
	memcpy(event, name, used);
	event[used] = '\0';
	if (events_parse(event, EVENTS_SYSFS, &set, &ignored) || set.nr != 1)
		return false;
	*ret_is_time = event_is_clock(&set.event[0]);
	return true;
}

static void explain_event(const char *name)
{
	char event[EVENT_NAME], per_op[EVENT_NAME + sizeof(FIGURE_PER_OP)];
	struct figure_row row;
	bool is_time = false;

	(void)is_event(name, event, sizeof(event), &is_time);
	snprintf(per_op, sizeof(per_op), "%s" FIGURE_PER_OP, event);
	row = figure_table_event(event, per_op, is_time);
	figure_table_explain(&(struct figure_match){ &row, figure_table_is_per_op(name) }, name,
	                     stdout);
}

static bool is_known(const char *name)
{
	char event[EVENT_NAME];
	bool is_time;

	return figure_table_find(name).row || is_event(name, event, sizeof(event), &is_time);
}

static int explain_main(const struct cmdline *cmdline, struct err *err)
{
	for (int i = 0; i < cmdline->nr_files; i++) {
		if (!is_known(cmdline->files[i]))
			return refuse(cmdline->files[i], err);
	}
	for (int i = 0; i < cmdline->nr_files; i++) {
		const struct figure_match match = figure_table_find(cmdline->files[i]);

		if (i)
			putchar('\n');
		if (match.row)
			figure_table_explain(&match, cmdline->files[i], stdout);
		else
			explain_event(cmdline->files[i]);
	}
	if (!cmdline->nr_files)
		list_all();
	return EXIT_DONE;
}

const struct command cmd_explain = { .name = "explain", .run = explain_main };
