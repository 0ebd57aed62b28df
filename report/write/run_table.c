/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_table.c - the rows of a run_view as columns. */
#include "run_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "json.h"
#include "markdown.h"
#include "reasons_table.h"
#include "run_cause.h"
#include "run_view.h"
#include "scale.h"
#include "sheet.h"
#include "summary.h"
#include "table_cells.h"
#include "text.h"

#define CELL 64

enum column {
	THREAD,
	CPUS,
	POLICY,
	RUNNING,
	WAITING,
	LONGEST,
	SWITCHES,
	MIGRATIONS,
	EXITS,
	COLUMNS
};

/* number: what decides whether the column is shown at all; RUN_NUMBERS: always. */
static const struct {
	const char *head, *name;
	enum run_number_kind number;
} columns[COLUMNS] = {
	[THREAD] = { "thread", NULL, RUN_NUMBERS },
	[CPUS] = { "CPUs", NULL, RUN_NUMBERS },
	[POLICY] = { "policy", NULL, RUN_NUMBERS },
	[RUNNING] = { "% run", "% run", RUN_RUNNING },
	[WAITING] = { "% wait", "% wait", RUN_WAITING },
	[LONGEST] = { "longest", "longest wait", RUN_LONGEST },
	[SWITCHES] = { "switches", "switches", RUN_VOLUNTARY },
	[MIGRATIONS] = { "migr.", "migrations", RUN_MIGRATIONS },
	[EXITS] = { "exits", "exits", RUN_EXITS },
};

struct cells {
	const struct run_view *view;
	struct sheet *notes; /* of n/a */
	bool shown[COLUMNS];
	int width[COLUMNS];
	bool differs, joined, open_wait;
	char (*text)[COLUMNS][CELL]; /* by row */
};

static void cells_done(struct cells *cells)
{
	free(cells->text);
	cells->text = NULL;
}

static void put_place(struct cells *cells, const struct run_row *row, const struct run_place *place,
                      char *buf)
{
	if (!row->is_listed) {
		snprintf(buf, CELL, "ended");
		return;
	}
	if (!strcmp(place->want, place->got) || !strcmp(place->want, "inherited")) {
		snprintf(buf, CELL, "%.60s", place->got);
		return;
	}
	cells->differs = true;
	snprintf(buf, CELL, "%.28s -> %.28s", place->want[0] ? place->want : "any",
	         place->got[0] ? place->got : "ended");
}

static void put_percent(double share, char *buf)
{
	snprintf(buf, CELL, "%.2f", share * 100);
	if (share > 0 && !strcmp(buf, "0.00"))
		snprintf(buf, CELL, "<0.01");
}

static void put_count(double count, char *buf, size_t size)
{
	if (count < 1e6)
		snprintf(buf, size, "%.0f", count);
	else
		snprintf(buf, size, "%.1f%c", count / (count < 1e9 ? 1e6 : 1e9),
		         count < 1e9 ? 'M' : 'G');
}

/* false: n/a, or nothing of the kind, which is written. */
static bool is_known(struct cells *cells, const struct run_number *number, char *buf)
{
	if (!isnan(number->value))
		return true;
	if (number->why)
		sheet_reason(cells->notes, number->why, buf, CELL);
	else
		snprintf(buf, CELL, "-");
	return false;
}

static void put_switches(struct cells *cells, const struct run_row *row, char *buf)
{
	char voluntary[24], involuntary[24];

	if (!is_known(cells, &row->number[RUN_VOLUNTARY], buf) ||
	    !is_known(cells, &row->number[RUN_INVOLUNTARY], buf))
		return;
	put_count(row->number[RUN_VOLUNTARY].value, voluntary, sizeof(voluntary));
	put_count(row->number[RUN_INVOLUNTARY].value, involuntary, sizeof(involuntary));
	snprintf(buf, CELL, "%s/%s", voluntary, involuntary);
}

static void put_number(struct cells *cells, const struct run_row *row, enum column column,
                       char *buf)
{
	const struct run_number *number = &row->number[columns[column].number];

	if (!is_known(cells, number, buf))
		return;
	if (isnan(cells->view->window_s) && column <= WAITING)
		sheet_reason(cells->notes, "the line has no window", buf, CELL);
	else if (column == RUNNING || column == WAITING)
		put_percent(number->value / cells->view->window_s, buf);
	else if (column == LONGEST)
		scale_format_value("ns", number->value, buf, CELL);
	else
		put_count(number->value, buf, CELL);
	if (column == WAITING && row->open_wait) {
		snprintf(buf + strlen(buf), CELL - strlen(buf), "+");
		cells->open_wait = true;
	}
}

static void put_cell(struct cells *cells, const struct run_row *row, enum column column, char *buf)
{
	if (column == THREAD) {
		cells->joined |= row->nr > 1;
		snprintf(buf, CELL, row->nr > 1 ? "%s (%d)" : "%s", row->key, row->nr);
	} else if (column == CPUS) {
		put_place(cells, row, &row->cpus, buf);
	} else if (column == POLICY) {
		put_place(cells, row, &row->policy, buf);
	} else if (column == SWITCHES) {
		put_switches(cells, row, buf);
	} else {
		put_number(cells, row, column, buf);
	}
}

/* A column that has a value in no row is not shown: its reason stands below the table. */
static bool is_shown(const struct run_view *view, enum column column)
{
	if (columns[column].number == RUN_NUMBERS)
		return true;
	for (int i = 0; i < view->nr; i++) {
		if (!isnan(view->row[i].number[columns[column].number].value))
			return true;
	}
	return false;
}

static int cells_make(const struct run_view *view, struct sheet *notes, struct cells *ret)
{
	*ret = (struct cells){ .view = view, .notes = notes };
	ret->text = calloc((size_t)view->nr + 1, sizeof(*ret->text));
	if (!ret->text)
		return -ENOMEM;
	for (int c = 0; c < COLUMNS; c++) {
		ret->shown[c] = is_shown(view, (enum column)c);
		ret->width[c] = (int)strlen(columns[c].head);
		for (int i = 0; i < view->nr && ret->shown[c]; i++) {
			put_cell(ret, &view->row[i], (enum column)c, ret->text[i][c]);
			ret->width[c] = (int)fmax(ret->width[c], (double)strlen(ret->text[i][c]));
		}
	}
	return 0;
}

/* The lists of CPUs and the policies give way where a row would be wider than the page. */
static void fit(struct cells *cells)
{
	int width = 2;

	for (int c = 0; c < COLUMNS; c++)
		width += cells->shown[c] ? cells->width[c] + 2 : 0;
	for (int c = CPUS; c <= POLICY; c++) {
		int spare = width - cells->notes->width, least = 8;

		if (spare <= 0 || cells->width[c] <= least)
			continue;
		if (spare > cells->width[c] - least)
			spare = cells->width[c] - least;
		cells->width[c] -= spare;
		width -= spare;
		for (int i = 0; i < cells->view->nr; i++) {
			char *text = cells->text[i][c];

			if ((int)strlen(text) > cells->width[c])
				snprintf(text + cells->width[c] - 2, 3, "..");
		}
	}
}

static void write_line(const struct cells *cells, char text[COLUMNS][CELL])
{
	FILE *out = cells->notes->out;

	fputc(' ', out);
	for (int c = 0; c < COLUMNS; c++) {
		bool is_last = true;

		if (!cells->shown[c])
			continue;
		for (int more = c + 1; more < COLUMNS; more++)
			is_last = is_last && !cells->shown[more];
		if (c <= POLICY)
			fprintf(out, " %-*s%s", cells->width[c], text[c], is_last ? "" : " ");
		else
			fprintf(out, " %*s%s", cells->width[c], text[c], is_last ? "" : " ");
	}
	fputc('\n', out);
}

static void write_rows(const struct cells *cells)
{
	char head[COLUMNS][CELL];

	for (int c = 0; c < COLUMNS; c++)
		snprintf(head[c], CELL, "%s", columns[c].head);
	write_line(cells, head);
	for (int i = 0; i < cells->view->nr; i++) {
		const struct run_row *row = &cells->view->row[i];

		write_line(cells, cells->text[i]);
		if (row->preemptor[0] && row->nr == 1) {
			char text[260];

			snprintf(text, sizeof(text), "preempted most by %s", row->preemptor);
			sheet_indented(cells->notes, 6, text);
		}
	}
}

/* "longest wait (n/a 2), exits (n/a 3)": of the columns that are not there. */
static void list_missing(struct cells *cells, char *buf, size_t size)
{
	buf[0] = '\0';
	for (int c = 0; c < COLUMNS; c++) {
		const struct run_number *number = NULL;
		char reason[16];

		if (cells->shown[c])
			continue;
		for (int i = 0; i < cells->view->nr && !(number && number->why); i++)
			number = &cells->view->row[i].number[columns[c].number];
		sheet_reason(cells->notes, number && number->why ? number->why : "no thread has it",
		             reason, sizeof(reason));
		snprintf(buf + strlen(buf), size - strlen(buf), "%s%s (%s)", buf[0] ? ", " : "",
		         columns[c].name, reason);
	}
}

static void write_notes(struct cells *cells)
{
	struct sheet *sheet = cells->notes;
	char missing[300];

	list_missing(cells, missing, sizeof(missing));
	if (missing[0])
		sheet_line(sheet, "not known", missing);
	if (cells->view->nr_more) {
		snprintf(missing, sizeof(missing), "%d threads have no row: a table has at most %d",
		         cells->view->nr_more, RUN_ROWS_MAX);
		sheet_line(sheet, "", missing);
	}
	sheet_reasons(sheet);
	sheet_line(sheet, "% wait",
	           "ready to run, but not running: run delay as a share of the time");
	sheet_line(sheet, "switches", "voluntary/involuntary");
	if (cells->differs)
		sheet_line(sheet, "a -> b", "asked for a, got b");
	if (cells->open_wait)
		sheet_line(sheet, "94.20+", "with a wait that had not ended when the window did");
	if (cells->joined)
		sheet_line(sheet, "pool (N)", "N threads together; each has a row with -v");
}

/* What the whole VM did: every figure of the line, its total. */
static void write_figures(const struct run_view *view, struct sheet *sheet)
{
	struct json_object *figures;

	if (json_get_object(view->line, "", "figures", &figures, NULL))
		return;
	json_object_object_foreach(figures, name, figure) {
		const char *unit = "";
		char safe[48], text[64];
		struct run_number total = run_figure(view, name, NULL);

		if (json_get_string(figure, "", "unit", &unit, NULL))
			unit = "";
		text_escape(name, strlen(name), safe, sizeof(safe));
		if (isnan(total.value))
			sheet_reason(sheet, total.why, text, sizeof(text));
		else
			scale_format_value(unit, total.value, text, sizeof(text));
		fprintf(sheet->out, "  %-32s %s\n", safe, text);
	}
	fputc('\n', sheet->out);
}

static void write_head(const struct run_view *view, struct sheet *sheet)
{
	const char *ended = run_text(view, "ended", NULL, NULL);
	const char *arm = run_text(view, "arm", NULL, NULL);
	const char *until = run_text(view, "warmup", "until", NULL);
	struct run_number warm = run_number(view, "warmup", "s");
	char took[48], warmed[300] = "", text[600];

	sheet_foreign_line(sheet, "run", arm ? arm : "");
	scale_format_value("s", view->window_s, took, sizeof(took));
	if (isnan(view->window_s))
		snprintf(took, sizeof(took), "nothing");
	if (until && !isnan(warm.value))
		snprintf(warmed, sizeof(warmed), ", after a warm-up of %.1f s until %.240s",
		         warm.value, until);
	snprintf(text, sizeof(text), "%s%s; ended: %.100s", took, warmed,
	         ended ? ended : "not recorded");
	sheet_foreign_line(sheet, "measured", text);
}

int run_table_write(struct json_object *line, struct table *table)
{
	CLEANUP(run_view_done) struct run_view view = { 0 };
	CLEANUP(cells_done) struct cells cells = { 0 };
	struct sheet *sheet = &table->sheet;
	char cause[1200];
	int rc = run_view_make(line, table->all, &view);

	if (!rc)
		rc = cells_make(&view, sheet, &cells);
	if (rc)
		return rc;
	fit(&cells);
	write_head(&view, sheet);
	summary_write_conditions(table->results, sheet);
	fputc('\n', sheet->out);
	write_rows(&cells);
	fputc('\n', sheet->out);
	run_cause(&view, cause, sizeof(cause));
	sheet_foreign_line(sheet, "the vCPUs", cause);
	fputc('\n', sheet->out);
	if (table->all)
		write_figures(&view, sheet);
	reasons_table_write(table, table->comparisons->workloads[0]);
	write_notes(&cells);
	return 0;
}

static void write_markdown_rows(const struct cells *cells, FILE *out)
{
	for (int i = -2; i < cells->view->nr; i++) {
		fputs("|", out);
		for (int c = 0; c < COLUMNS; c++) {
			if (!cells->shown[c])
				continue;
			fputs(" ", out);
			if (i == -1)
				fputs(c <= POLICY ? "---" : "---:", out);
			else
				markdown_text(i < 0 ? columns[c].head : cells->text[i][c], out);
			fputs(" |", out);
		}
		if (i == -1)
			fputs(" --- |\n", out);
		else if (i == -2)
			fputs(" preempted most by |\n", out);
		else {
			fputs(" ", out);
			markdown_text(cells->view->row[i].nr == 1 ? cells->view->row[i].preemptor
			                                          : "",
			              out);
			fputs(" |\n", out);
		}
	}
}

int run_table_markdown(struct json_object *line, bool all, FILE *out)
{
	CLEANUP(run_view_done) struct run_view view = { 0 };
	CLEANUP(cells_done) struct cells cells = { 0 };
	struct sheet notes = { .out = out };
	char text[1200];
	int rc = run_view_make(line, all, &view);

	if (!rc)
		rc = cells_make(&view, &notes, &cells);
	if (rc)
		return rc;
	fputs("# qlaunch run\n\n", out);
	write_markdown_rows(&cells, out);
	fputs("\n", out);
	run_cause(&view, text, sizeof(text));
	markdown_text(text, out);
	fputs("\n\n", out);
	list_missing(&cells, text, sizeof(text));
	if (text[0]) {
		fputs("Not known: ", out);
		markdown_text(text, out);
		fputs("\n\n", out);
	}
	for (int i = 0; i < notes.nr_reasons; i++) {
		fprintf(out, "- n/a %d: ", i + 1);
		markdown_text(notes.reason[i], out);
		fputs("\n", out);
	}
	fputs("\n", out);
	return 0;
}
