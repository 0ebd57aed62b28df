/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reasons_table.c - a head a kind, under it the arms, under each its names with count, share and times. */
#include "reasons_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "scale.h"
#include "table_cells.h"
#include "text.h"

#define SHOWN_FEW  3
#define COLUMN     10
#define NAME_DEPTH 6 /* blanks before a name; two more before a vCPU's */
#define CELLS_MAX  8

/* One column right of the names; those of the lowest rank go first where the page is narrow. */
struct column {
	const char *title;
	int rank;
	bool exits_only;
	void (*format)(struct table *table, const struct reason_sum *sum, char *buf, size_t size);
};

/* A time, its reason's number, or "-" where there is nothing to know. */
static void format_time(struct table *table, const char *unit, double value, const char *why,
                        char *buf, size_t size)
{
	if (!isnan(value))
		scale_format_value(unit, value, buf, size);
	else if (why)
		sheet_reason(&table->sheet, why, buf, size);
	else
		snprintf(buf, size, "-");
}

static void format_count(struct table *table, const struct reason_sum *sum, char *buf, size_t size)
{
	(void)table;
	scale_format_count(sum->count, buf, size);
}

static void format_share(struct table *table, const struct reason_sum *sum, char *buf, size_t size)
{
	(void)table;
	scale_format_part(sum->share, buf, size);
}

static void format_total(struct table *table, const struct reason_sum *sum, char *buf, size_t size)
{
	format_time(table, "s", sum->seconds, NULL, buf, size);
}

static void format_mean(struct table *table, const struct reason_sum *sum, char *buf, size_t size)
{
	format_time(table, "s", sum->mean_s, NULL, buf, size);
}

static void format_p50(struct table *table, const struct reason_sum *sum, char *buf, size_t size)
{
	format_time(table, "ns", sum->p50_ns, sum->why, buf, size);
}

static void format_p99(struct table *table, const struct reason_sum *sum, char *buf, size_t size)
{
	format_time(table, "ns", sum->p99_ns, sum->why, buf, size);
}

static void format_max(struct table *table, const struct reason_sum *sum, char *buf, size_t size)
{
	format_time(table, "ns", sum->max_ns, NULL, buf, size);
}

static const struct column columns[] = {
	{ "a trial", 7, false, format_count }, { "share", 4, false, format_share },
	{ "time", 6, false, format_total },    { "mean", 2, false, format_mean },
	{ "p50", 1, true, format_p50 },        { "p99", 5, true, format_p99 },
	{ "longest", 3, true, format_max },
};

/* What fits beside the names, from left to right.  Returns how many. */
static size_t choose(const struct table *table, enum reason_kind kind,
                     const struct column *ret[CELLS_MAX], int *ret_name)
{
	int room = table->sheet.width - NAME_DEPTH - (kind == REASON_EXIT ? 20 : 36);
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		int better = 0; /* columns that come before this one, and take room from it */

		if (columns[i].exits_only && kind != REASON_EXIT)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(columns); j++)
			better += columns[j].rank > columns[i].rank &&
			          (kind == REASON_EXIT || !columns[j].exits_only);
		if ((better + 1) * COLUMN <= room)
			ret[nr++] = &columns[i];
	}
	*ret_name = table->sheet.width - NAME_DEPTH - (int)nr * COLUMN;
	return nr;
}

/* As much of a foreign text as fits, cut at the end of a word. */
static void fit(const char *text, int room, char *buf, size_t size)
{
	int cut = room - 3;

	text_escape(text, strlen(text), buf, size);
	if ((int)strlen(buf) <= room)
		return;
	while (cut > room / 2 && buf[cut] != ' ')
		cut--;
	if (buf[cut] != ' ')
		cut = room - 3; /* one long word */
	while (cut > 1 && buf[cut - 1] == ' ')
		cut--;
	snprintf(buf + cut, size - (size_t)cut, "...");
}

struct layout {
	const struct column *column[CELLS_MAX];
	size_t nr;
	int name; /* columns */
};

static void write_row(struct table *table, const struct layout *layout, int depth, const char *name,
                      const struct reason_sum *sum)
{
	int room = layout->name - (depth - NAME_DEPTH);
	char safe[512], cell[48];

	fit(name, room, safe, sizeof(safe));
	fprintf(table->sheet.out, "%*s%-*s", depth, "", room, safe);
	for (size_t i = 0; i < layout->nr; i++) {
		layout->column[i]->format(table, sum, cell, sizeof(cell));
		fprintf(table->sheet.out, "%*s", COLUMN, cell);
	}
	fputc('\n', table->sheet.out);
}

/* "npf"; "stress (4711), of vcpu/0" */
static void format_name(const struct reason_sum *sum, char *buf, size_t size)
{
	char tid[16] = "";

	if (sum->tid)
		snprintf(tid, sizeof(tid), " (%d)", sum->tid);
	snprintf(buf, size, "%s%s%s%s", sum->name[0] ? sum->name : "(no name)", tid,
	         sum->of[0] ? ", of " : "", sum->of);
}

static void write_group(struct table *table, const struct layout *layout,
                        const struct reason_group *group)
{
	size_t shown = table->all || group->nr <= SHOWN_FEW + 1 ? group->nr : SHOWN_FEW;
	char name[1100];

	table_format_arm(table, group->arm, table->sheet.width - INDENT, name, sizeof(name));
	fprintf(table->sheet.out, "%*s%s\n", INDENT, "", name);
	for (size_t i = 0; i < shown; i++) {
		const struct reason_sum *sum = &group->sum[i];

		format_name(sum, name, sizeof(name));
		write_row(table, layout, NAME_DEPTH, name, sum);
		for (size_t j = 0; table->all && sum->nr_by > 1 && j < sum->nr_by; j++)
			write_row(table, layout, NAME_DEPTH + 2, sum->by[j].of, &sum->by[j]);
	}
	if (shown < group->nr) {
		const struct reason_sum rest = reason_sums_rest(group, shown);

		snprintf(name, sizeof(name), "%zu more (-v)", group->nr - shown);
		write_row(table, layout, NAME_DEPTH, name, &rest);
	}
}

void reasons_table_write(struct table *table, int workload)
{
	static const char *const titles[] = {
		[REASON_EXIT] = "left the guest for", [REASON_PREEMPTOR] = "lost the CPU to"
	};
	size_t nr;
	const struct reason_group *group = reason_sums_of(&table->comparisons->reasons, workload,
	                                                  &nr);
	struct layout layout = { 0 };

	for (size_t i = 0; i < nr; i++) {
		if (!i || group[i].kind != group[i - 1].kind) {
			layout.nr = choose(table, group[i].kind, layout.column, &layout.name);
			fprintf(table->sheet.out, "%s  %-*s", i ? "\n" : "",
			        NAME_DEPTH - 2 + layout.name, titles[group[i].kind]);
			for (size_t j = 0; j < layout.nr; j++)
				fprintf(table->sheet.out, "%*s", COLUMN, layout.column[j]->title);
			fputc('\n', table->sheet.out);
		}
		write_group(table, &layout, &group[i]);
		table->at_least |= reason_sums_at_least(&group[i]);
	}
	if (nr)
		fputc('\n', table->sheet.out);
	table->reasons |= nr > 0;
}
