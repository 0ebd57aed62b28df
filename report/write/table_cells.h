/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_cells.h - what the parts of the terminal table share: its page, its columns, and how one cell is written.
 */
#ifndef REPORT_TABLE_CELLS_H
#define REPORT_TABLE_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "sheet.h"

struct comparison;
struct comparisons;
struct results;
struct scale;

/* Columns right of the name: two blanks and n, median, blank and unit, spread, change. */
#define N_COLUMNS      5
#define MEDIAN_COLUMNS 9
#define UNIT_COLUMNS   10
#define SPREAD_COLUMNS 8
#define CHANGE_COLUMNS 10
#define RIGHT_COLUMNS                                                                              \
	(2 + N_COLUMNS + 2 + MEDIAN_COLUMNS + 1 + UNIT_COLUMNS + 1 + SPREAD_COLUMNS + 2 +          \
	 CHANGE_COLUMNS)
#define CACHED_MARK   " [page cache]"
#define SHARE_MARK    " [%s]" /* "43 %" */
#define SHARE_COLUMNS 7
#define INDENT        4

struct table {
	const struct results *results;
	const struct comparisons *comparisons;
	struct sheet sheet;
	int name_columns, mark_columns; /* of them, what marks behind a name may need */
	bool all;                       /* figures, and a verdict for each */
	bool unpaired, cached, shared, verdicts, reasons, at_least; /* a legend is due */
};

/* An arm's name in `room` columns.  A name that is too long gets the number of its line in the legend: true. */
bool table_format_arm(const struct table *table, int arm, int room, char *buf, size_t size);
/* One scale for the rows of a block; false where each row needs its own. */
bool table_scale(const struct table *table, const struct comparison *rows, size_t nr,
                 struct scale *ret);
/* shared: the block's scale or NULL.  ret: the scale that was used, of unit "" for n/a. */
void table_format_median(struct table *table, const struct scale *shared,
                         const struct comparison *comparison, struct scale *ret, char *buf,
                         size_t size);
void table_format_spread(struct table *table, const struct comparison *comparison, char *buf,
                         size_t size);
void table_format_change(struct table *table, const struct comparison *comparison, char *buf,
                         size_t size);
/* "== TITLE ====", a blank line. */
void table_write_section_head(const struct table *table, const char *title);

#endif
