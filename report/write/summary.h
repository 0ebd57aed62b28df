/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - the lines above the table: what was compared, where, and what speaks against trusting it.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stddef.h>

struct comparisons;
struct results;
struct sheet;

/* The i-th accelerator of the lines, with QEMU's version; foreign text. */
void summary_accelerator(const struct results *results, int i, char *buf, size_t size);
/* By which levels of --observe, and what that cost; "" where no line says.  Foreign text. */
void summary_observers(const struct results *results, char *buf, size_t size);
/* The machine, the accelerator, who watched, warnings: what holds for a single trial, too. */
void summary_write_conditions(const struct results *results, struct sheet *sheet);
void summary_write(const struct results *results, const struct comparisons *comparisons,
                   struct sheet *sheet);

#endif
