/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - the comparison for a terminal: a section a workload, in it a block a figure, in it a row an arm.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct comparisons;
struct results;
struct seed;

#define TABLE_WIDTH     100
#define TABLE_WIDTH_MIN 72

/* At most `width` columns (at least TABLE_WIDTH_MIN).  all: every figure, else the few that answer most questions.
 * coloured: for a terminal.  seed: its tables come first; or NULL. */
void table_write(const struct results *results, const struct comparisons *comparisons, int width,
                 bool all, bool coloured, const struct seed *seed, FILE *out);

#endif
