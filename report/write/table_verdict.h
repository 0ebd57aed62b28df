/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_verdict.h - the lines under a row of the table: its verdict with the interval and what could have been seen,
 * and the figures that moved with it.
 */
#ifndef REPORT_TABLE_VERDICT_H
#define REPORT_TABLE_VERDICT_H

#include <stddef.h>

#include "sheet.h"

struct comparison;
struct table;

/* Nothing for the baseline. */
void table_write_verdict(struct table *table, const struct comparison *comparison);
/* "worse [-76.0, -75.1] %" in at most `room` columns; "worse ..." where it does not fit. */
void table_format_verdict(struct table *table, const struct comparison *comparison, int room,
                          char *buf, size_t size);
/* Better and worse are told apart by colour as well. */
enum sheet_colour table_verdict_colour(const struct comparison *c);

#endif
