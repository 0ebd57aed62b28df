/* SPDX-License-Identifier: GPL-2.0-or-later */
/* glance.c - arms down, primary figures across, as many as fit beside each other. */
#include "glance.h"

#include <string.h>

#include "compare.h"
#include "gap.h"
#include "scale.h"
#include "table_cells.h"
#include "table_verdict.h"
#include "text.h"

#define COLUMNS_MAX 64
#define GAP         2
#define VALUE       (COLUMN - CHANGE_COLUMNS)
#define COLUMN      30 /* "inconclusive [-16.12, +0.05] %" */

/* One primary figure of one workload: rows of the list. */
struct column {
	const struct comparison *rows;
	size_t nr;
	struct scale scale;
	bool shared;
};

/* The first primary figure of each workload. */
static size_t find_columns(const struct table *table, struct column *ret)
{
	const struct comparisons *list = table->comparisons;
	size_t nr = 0;

	for (size_t i = 0; i < list->nr; i++) {
		const struct comparison *row = &list->list[i];
		const struct comparison *last = nr ? ret[nr - 1].rows : NULL;

		if (!row->primary ||
		    (last && last->workload == row->workload && last->figure != row->figure))
			continue;
		if (last && last->workload == row->workload) {
			ret[nr - 1].nr++;
		} else if (nr < COLUMNS_MAX) {
			ret[nr] = (struct column){ .rows = row, .nr = 1 };
			nr++;
		}
	}
	for (size_t i = 0; i < nr; i++)
		ret[i].shared = table_scale(table, ret[i].rows, ret[i].nr, &ret[i].scale);
	return nr;
}

static void write_title(const struct table *table, const char *text)
{
	char safe[128];

	text_escape(text, strlen(text), safe, sizeof(safe));
	sheet_cut(safe, COLUMN);
	fprintf(table->sheet.out, "%*s%*s", GAP, "", COLUMN, safe);
}

/* Workload, figure and unit, one below the other. */
static void write_titles(const struct table *table, const struct column *columns, size_t nr,
                         int room)
{
	const struct results *results = table->results;

	fprintf(table->sheet.out, "%*s", room, "");
	for (size_t i = 0; i < nr; i++)
		write_title(table, names_at(&results->workloads, columns[i].rows->workload));
	fprintf(table->sheet.out, "\n%*s", room, "");
	for (size_t i = 0; i < nr; i++)
		write_title(table, names_at(&results->figures, columns[i].rows->figure));
	fprintf(table->sheet.out, "\n%*s", room, "");
	for (size_t i = 0; i < nr; i++)
		write_title(table, columns[i].shared ? columns[i].scale.unit : "");
	fputc('\n', table->sheet.out);
}

static const struct comparison *find_row(const struct column *column, int arm)
{
	for (size_t i = 0; i < column->nr; i++) {
		if (column->rows[i].arm == arm)
			return &column->rows[i];
	}
	return NULL;
}

/* "gap 62 % [48, 77]": how much of what the VM costs the arm wins back. */
static void format_gap(struct table *table, const struct comparison *row, int room, char *buf,
                       size_t size)
{
	char share[64];

	(void)table;
	buf[0] = '\0';
	gap_share(row, share, sizeof(share));
	if (row->gap_why)
		snprintf(buf, size, "gap %.*s", room > 4 ? (int)strcspn(row->gap_why, ":") : 0,
		         row->gap_why);
	else if (share[0])
		snprintf(buf, size, "gap %s", share);
	if ((int)strlen(buf) > room)
		snprintf(buf, size, "gap n/a");
}

/* Under the values; no line where no arm has a word to say. */
static void write_line(struct table *table, const struct column *columns, size_t nr, int arm,
                       int room,
                       void (*format)(struct table *table, const struct comparison *row, int room,
                                      char *buf, size_t size))
{
	char text[COLUMNS_MAX][64];
	enum sheet_colour colour[COLUMNS_MAX] = { SHEET_PLAIN };
	bool any = false;

	for (size_t i = 0; i < nr; i++) {
		const struct comparison *row = find_row(&columns[i], arm);

		text[i][0] = '\0';
		if (row)
			format(table, row, COLUMN, text[i], sizeof(text[i]));
		colour[i] = row && text[i][0] && format == table_format_verdict
		                    ? table_verdict_colour(row)
		                    : SHEET_PLAIN;
		sheet_cut(text[i], COLUMN);
		any |= text[i][0];
	}
	if (!any)
		return;
	fprintf(table->sheet.out, "%*s", INDENT + room, "");
	for (size_t i = 0; i < nr; i++)
		fprintf(table->sheet.out, "%*s%s%*s%s", GAP, "",
		        sheet_colour(&table->sheet, colour[i]), COLUMN, text[i],
		        sheet_colour(&table->sheet, SHEET_PLAIN));
	fputc('\n', table->sheet.out);
}

static void write_cell(struct table *table, const struct column *column, int arm)
{
	const struct comparison *row = find_row(column, arm);
	char median[64] = "-", value[96], change[48] = "";
	struct scale scale = { .unit = "" };

	if (row) {
		table_format_median(table, column->shared ? &column->scale : NULL, row, &scale,
		                    median, sizeof(median));
		table_format_change(table, row, change, sizeof(change));
	}
	snprintf(value, sizeof(value), "%s%s%s", median, column->shared ? "" : " ",
	         column->shared ? "" : scale.unit);
	sheet_cut(value, VALUE);
	fprintf(table->sheet.out, "%*s%*s%*s", GAP, "", VALUE, value, CHANGE_COLUMNS, change);
}

static void write_band(struct table *table, const struct column *columns, size_t nr, int room)
{
	char name[1100];

	write_titles(table, columns, nr, INDENT + room);
	for (int i = 0; i < table->comparisons->nr_arms; i++) {
		int arm = table->comparisons->arms[i];

		table_format_arm(table, arm, room, name, sizeof(name));
		fprintf(table->sheet.out, "%*s%-*s", INDENT, "", room, name);
		for (size_t j = 0; j < nr; j++)
			write_cell(table, &columns[j], arm);
		fputc('\n', table->sheet.out);
		write_line(table, columns, nr, arm, room, table_format_verdict);
		write_line(table, columns, nr, arm, room, format_gap);
	}
	fputc('\n', table->sheet.out);
}

/* For names: what the longest needs, at most what the other sections give them. */
static int name_room(const struct table *table)
{
	int widest = 8;

	for (int i = 0; i < table->comparisons->nr_arms; i++) {
		const char *name = names_at(&table->results->arms, table->comparisons->arms[i]);

		if ((int)strlen(name) > widest)
			widest = (int)strlen(name);
	}
	return widest < table->name_columns ? widest : table->name_columns;
}

void glance_write(struct table *table)
{
	int names = name_room(table), room = table->sheet.width - INDENT - names;
	size_t fit = room > GAP + COLUMN ? (size_t)(room / (GAP + COLUMN)) : 1;
	struct column columns[COLUMNS_MAX];
	size_t nr = find_columns(table, columns);

	if (nr < 2 || table->comparisons->nr_arms < 2)
		return;
	table_write_section_head(table, "at a glance: the primary figures");
	for (size_t i = 0; i < nr; i += fit)
		write_band(table, columns + i, nr - i < fit ? nr - i : fit, names);
}
