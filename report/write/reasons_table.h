/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reasons_table.h - what --observe deep found, below a workload's figures in the terminal: why vCPUs left the guest,
 * and who took whose CPU.  A few of each arm, the longest time first; with -v all, and vCPU by vCPU.
 */
#ifndef REPORT_REASONS_TABLE_H
#define REPORT_REASONS_TABLE_H

struct table;

/* Nothing where no line has any. */
void reasons_table_write(struct table *table, int workload);

#endif
