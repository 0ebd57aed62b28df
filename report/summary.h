/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - the lines above the table: what was compared, where, and what speaks against trusting it.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

struct comparisons;
struct results;
struct sheet;

void summary_write(const struct results *results, const struct comparisons *comparisons,
                   struct sheet *sheet);

#endif
