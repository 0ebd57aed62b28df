/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * markdown_reasons.h - what --observe deep found, below a workload's figures: a table of exits by reason and one of who
 * took whose CPU.
 */
#ifndef REPORT_MARKDOWN_REASONS_H
#define REPORT_MARKDOWN_REASONS_H

#include <stdbool.h>

struct comparisons;
struct results;
struct sheet;

/* To the sheet's file, and reasons into its notes.  all: every name, and exits vCPU by vCPU too; else the ten that took
 * the most time.  Nothing where no line has any. */
void markdown_reasons_write(const struct results *results, const struct comparisons *comparisons,
                            int workload, bool all, struct sheet *sheet);

#endif
