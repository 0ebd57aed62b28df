/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - sections, blocks and rows.  One scale in a block, so that its digits compare by eye. */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chosen.h"
#include "compare.h"
#include "findings.h"
#include "glance.h"
#include "reasons_table.h"
#include "scale.h"
#include "seed.h"
#include "summary.h"
#include "table_cells.h"
#include "table_verdict.h"
#include "text.h"

/* One figure of one workload: rows of the list. */
struct block {
	const struct comparison *rows;
	size_t nr;
};

/* What is behind an arm's name in this row: where its I/O came from, how much of the time it was counted. */
static void format_marks(const struct comparison *c, char *buf, size_t size)
{
	char share[16];

	snprintf(buf, size, "%s", c->page_cache ? CACHED_MARK : "");
	if (c->share >= 1)
		return;
	scale_format_share(c->share, share, sizeof(share));
	snprintf(buf + strlen(buf), size - strlen(buf), SHARE_MARK, share);
}

static void write_row(struct table *table, const struct scale *shared, const struct comparison *c)
{
	char name[1100], marks[48], n[32], median[64], unit[32], spread[32], change[48];
	struct scale scale;

	format_marks(c, marks, sizeof(marks));
	table_format_arm(table, c->arm, table->name_columns - (int)strlen(marks), name,
	                 sizeof(name));
	snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s", marks);
	snprintf(n, sizeof(n), c->n < c->trials ? "%zu/%zu" : "%zu", c->n, c->trials);
	table_format_median(table, shared, c, &scale, median, sizeof(median));
	table_format_spread(table, c, spread, sizeof(spread));
	table_format_change(table, c, change, sizeof(change));
	snprintf(unit, sizeof(unit), "%s", scale.unit);
	sheet_cut(unit, UNIT_COLUMNS);
	fprintf(table->sheet.out, "%*s%-*s  %*s  %*s %-*s %*s  %*s\n", INDENT, "",
	        table->name_columns, name, N_COLUMNS, n, MEDIAN_COLUMNS, median, UNIT_COLUMNS, unit,
	        SPREAD_COLUMNS, spread, CHANGE_COLUMNS, change);
}

static void write_block_head(const struct table *table, const struct block *block)
{
	const struct result_figure *figure = &table->results->figure[block->rows->figure];
	const char *name = names_at(&table->results->figures, block->rows->figure);
	bool is_long;
	const int room = table->name_columns + (block->rows->primary ? 0 : 2);
	char safe[128], head[256], direction[40] = "";

	text_escape(name, strlen(name), safe, sizeof(safe));
	if (figure->better != RESULT_NONE)
		snprintf(direction, sizeof(direction), "(%s is better)",
		         results_better_name(figure->better));
	snprintf(head, sizeof(head), "%s%s%s", safe, direction[0] ? " " : "", direction);
	is_long = (int)strlen(head) > room;
	if (is_long)
		snprintf(head, sizeof(head), "%s", safe);
	sheet_cut(head, room);
	fprintf(table->sheet.out, "  %s%-*s%*s  %*s %-*s %*s  %*s\n",
	        block->rows->primary ? "* " : "", room, head, N_COLUMNS + 2, "n", MEDIAN_COLUMNS,
	        "median", UNIT_COLUMNS, "", SPREAD_COLUMNS, "spread", CHANGE_COLUMNS, "change");
	if (is_long && direction[0])
		fprintf(table->sheet.out, "  %s%s\n", block->rows->primary ? "  " : "", direction);
}

static void write_block(struct table *table, const struct block *block)
{
	struct scale scale;
	bool shared = table_scale(table, block->rows, block->nr, &scale);

	write_block_head(table, block);
	for (size_t i = 0; i < block->nr; i++) {
		write_row(table, shared ? &scale : NULL, &block->rows[i]);
		if (block->rows[i].primary || table->all)
			table_write_verdict(table, &block->rows[i]);
	}
	fputc('\n', table->sheet.out);
}

static bool has_value(const struct block *block)
{
	for (size_t i = 0; i < block->nr; i++) {
		if (block->rows[i].n)
			return true;
	}
	return false;
}

/* The reason of most arms; of as many, the later arm's: the baseline is often native and says "no VM". */
static const char *usual_reason(const struct block *block)
{
	const char *found = "";
	size_t most = 0;

	for (size_t i = 0; i < block->nr; i++) {
		size_t nr = 0;

		for (size_t j = 0; j < block->nr; j++)
			nr += !strcmp(block->rows[i].why, block->rows[j].why);
		if (nr >= most) {
			most = nr;
			found = block->rows[i].why;
		}
	}
	return found;
}

/* The missing figures of the reason of `first`: "a, b, c (n/a 3)".  Their reasons become NULL. */
static void list_missing(struct table *table, const struct block *blocks, const char **why,
                         size_t first, size_t nr, char *buf, size_t size)
{
	const char *same = why[first], *comma = buf[0] ? ", " : "";
	char reason[16], name[128];

	for (size_t i = first; i < nr; i++) {
		const char *figure = names_at(&table->results->figures, blocks[i].rows->figure);
		size_t used = strlen(buf);

		if (!why[i] || strcmp(why[i], same))
			continue;
		why[i] = NULL;
		text_escape(figure, strlen(figure), name, sizeof(name));
		if (used + strlen(name) + sizeof(reason) + 8 > size)
			continue;
		snprintf(buf + used, size - used, "%s%s", comma, name);
		comma = ", ";
	}
	sheet_reason(&table->sheet, same, reason, sizeof(reason));
	snprintf(buf + strlen(buf), size - strlen(buf), " (%s)", reason);
}

/* Figures that no arm has: one line for all of them, those of one reason together. */
static void write_missing(struct table *table, const struct block *blocks, size_t nr)
{
	const char **why = calloc(nr + 1, sizeof(*why));
	char line[8192] = "";

	for (size_t i = 0; why && i < nr; i++)
		why[i] = has_value(&blocks[i]) ? NULL : usual_reason(&blocks[i]);
	for (size_t i = 0; why && i < nr; i++) {
		if (why[i])
			list_missing(table, blocks, why, i, nr, line, sizeof(line));
	}
	free(why);
	if (!line[0])
		return;
	sheet_line(&table->sheet, "in no arm", line);
	fputc('\n', table->sheet.out);
}

/* Cuts the workload's rows, which start at `from`, into blocks.  Returns how many. */
static size_t cut_blocks(const struct comparisons *list, size_t from, size_t to, struct block *ret)
{
	size_t nr = 0;

	for (size_t i = from; i < to; i++) {
		if (i == from || list->list[i].figure != list->list[i - 1].figure)
			ret[nr++] = (struct block){ .rows = &list->list[i] };
		ret[nr - 1].nr++;
	}
	return nr;
}

/* Keeps the chosen figures, in the order of the choice; all of them where none is. */
static size_t choose_blocks(const struct table *table, struct block *blocks, size_t nr)
{
	const struct results *results = table->results;
	const char *primary = nr ? results->primary[blocks->rows->workload] : "";
	struct block kept[CHOSEN_MAX];
	size_t nr_kept = 0;

	for (int place = 0; place < CHOSEN_MAX; place++) {
		for (size_t i = 0; i < nr && nr_kept < CHOSEN_MAX; i++) {
			const char *name = names_at(&results->figures, blocks[i].rows->figure);

			if (chosen_place(primary, name) == place)
				kept[nr_kept++] = blocks[i];
		}
	}
	if (nr_kept)
		memcpy(blocks, kept, nr_kept * sizeof(*blocks));
	return nr_kept ? nr_kept : nr;
}

static void write_findings(struct table *table, int workload)
{
	char text[FINDINGS_MAX];

	findings_sentence(table->results, table->comparisons, workload, text, sizeof(text));
	if (!text[0])
		return;
	sheet_indented(&table->sheet, INDENT, text);
	fputc('\n', table->sheet.out);
}

static void write_section(struct table *table, size_t from, size_t to, bool all)
{
	const struct comparisons *list = table->comparisons;
	struct block *blocks = calloc(to - from, sizeof(*blocks));
	size_t nr;

	if (!blocks)
		return;
	nr = cut_blocks(list, from, to, blocks);
	if (!all)
		nr = choose_blocks(table, blocks, nr);
	table_write_section_head(table,
	                         names_at(&table->results->workloads, list->list[from].workload));
	write_findings(table, list->list[from].workload);
	for (size_t i = 0; i < nr; i++) {
		if (has_value(&blocks[i]))
			write_block(table, &blocks[i]);
	}
	reasons_table_write(table, list->list[from].workload);
	write_missing(table, blocks, nr);
	free(blocks);
}

static void write_legend(struct table *table)
{
	struct sheet *sheet = &table->sheet;

	sheet_reasons(sheet);
	sheet_line(sheet, "*", "the workload's primary figure; all others are exploratory");
	sheet_line(sheet, "spread",
	           "interquartile range (type 7 quartiles) as a share of the median");
	if (table->comparisons->nr_arms > 1)
		sheet_line(
		        sheet, "change",
		        "Hodges-Lehmann estimate of the ratios to the baseline in the same boot (natively: round)");
	if (table->verdicts) {
		sheet_line(
		        sheet, "verdict",
		        "better or worse where the exact test, corrected for the arms beside it (Holm), is at most 5 %, "
		        "and the 95 % interval of the change leaves out 0; else inconclusive");
		sheet_line(
		        sheet, "MDE",
		        "minimum detectable effect: the smallest change that so many units find (power 80 %)");
	}
	if (table->unpaired)
		sheet_line(
		        sheet, "~",
		        "the ratio of the two medians: too few boots or rounds pair for an estimate");
	if (table->reasons)
		sheet_line(sheet, "a trial",
		           "exits and lost CPUs: count and time are means over the trials; p50 and "
		           "p99 are the median trial's, longest is of all");
	if (table->at_least)
		sheet_line(sheet, REASONS_REST,
		           "preemptors that a trial's line does not name; one that another trial's "
		           "line names has at least what is shown");
	if (table->cached)
		sheet_line(sheet, "page cache", "served from the host's memory, not from the disk");
	if (table->shared)
		sheet_line(sheet, "[43 %]",
		           "counted only so much of the time (the least of the trials) and scaled: "
		           "the events took turns on the PMU");
}

/* As wide as the longest name needs, within what is left of the page. */
static void fit_names(struct table *table)
{
	int most = table->sheet.width - INDENT - RIGHT_COLUMNS, widest = 36;

	for (int i = 0; i < table->comparisons->nr_arms; i++) {
		const char *name = names_at(&table->results->arms, table->comparisons->arms[i]);

		if ((int)strlen(name) > widest)
			widest = (int)strlen(name);
	}
	for (size_t i = 0; i < table->comparisons->nr; i++) {
		table->cached |= table->comparisons->list[i].page_cache;
		table->shared |= table->comparisons->list[i].share < 1;
	}
	table->mark_columns = (table->cached ? (int)strlen(CACHED_MARK) : 0) +
	                      (table->shared ? SHARE_COLUMNS : 0);
	widest += table->mark_columns;
	table->name_columns = widest < most ? widest : most;
}

static void write_long_names(struct table *table)
{
	int room = table->name_columns - table->mark_columns;
	char label[24], shown[1100];

	for (int i = 0; i < table->comparisons->nr_arms; i++) {
		int arm = table->comparisons->arms[i];

		if (!table_format_arm(table, arm, room, shown, sizeof(shown)))
			continue;
		snprintf(label, sizeof(label), "arm [%d]", i + 1);
		sheet_foreign_line(&table->sheet, label, names_at(&table->results->arms, arm));
	}
}

void table_write(const struct results *results, const struct comparisons *comparisons, int width,
                 bool all, bool coloured, const struct seed *seed, FILE *out)
{
	struct table table = {
		.results = results,
		.comparisons = comparisons,
		.all = all,
		.sheet = { .out = out,
		           .width = width < TABLE_WIDTH_MIN ? TABLE_WIDTH_MIN : width,
		           .coloured = coloured },
	};
	size_t from = 0;

	fit_names(&table);
	summary_write(results, comparisons, &table.sheet);
	write_long_names(&table);
	fputc('\n', out);
	seed_write_table(seed, &table.sheet);
	for (size_t i = 1; i <= comparisons->nr; i++) {
		if (i < comparisons->nr &&
		    comparisons->list[i].workload == comparisons->list[from].workload)
			continue;
		write_section(&table, from, i, all);
		from = i;
	}
	glance_write(&table);
	write_legend(&table);
}
