/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_table.h - a single `run`: one row a thread, then what kept the vCPUs waiting.  As text of a fixed width, and in
 * Markdown.
 */
#ifndef REPORT_RUN_TABLE_H
#define REPORT_RUN_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct json_object;
struct table;

/* Of a line that has threads, the only one of the table's results; table->all: a row for each worker, and the figures
 * of the whole VM.  -ENODATA: the line has none, and nothing was written; -ENOMEM. */
int run_table_write(struct json_object *line, struct table *table);
int run_table_markdown(struct json_object *line, bool all, FILE *out);

#endif
