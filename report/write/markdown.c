/* SPDX-License-Identifier: GPL-2.0-or-later */
/* markdown.c - a heading a workload, a table a figure, a row an arm. */
#include "markdown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chosen.h"
#include "compare.h"
#include "explain.h"
#include "findings.h"
#include "gap.h"
#include "markdown_reasons.h"
#include "reasons_moved.h"
#include "scale.h"
#include "seed.h"
#include "sheet.h"
#include "summary.h"
#include "text.h"
#include "verdict.h"

void markdown_text(const char *text, FILE *out)
{
	char safe[2 * FINDINGS_MAX];

	if (!text)
		return;
	text_escape(text, strlen(text), safe, sizeof(safe));
	for (const char *at = safe; *at; at++) {
		if (*at == '<')
			fputs("&lt;", out);
		else if (*at == '&')
			fputs("&amp;", out);
		else
			fprintf(out, "%s%c", strchr("\\`*_{}[]#|!~", *at) ? "\\" : "", *at);
	}
}

static void put_value(FILE *out, const char *unit, double value)
{
	struct scale scale;
	char text[64];

	scale_choose(unit, &value, 1, &scale);
	scale_format(&scale, value, text, sizeof(text));
	fprintf(out, "%s%s", text, scale.unit[0] ? " " : "");
	markdown_text(scale.unit, out);
}

/* The number of a note below the tables. */
static void put_note(struct sheet *notes, const char *why)
{
	char text[16];

	sheet_reason(notes, why, text, sizeof(text));
	fputs(text, notes->out);
}

static void put_change(struct sheet *notes, const struct comparison *c)
{
	char change[48], interval[80] = "", words[256];
	FILE *out = notes->out;

	if (c->is_baseline) {
		fputs("baseline | | |\n", out);
		return;
	}
	if (c->why || c->why_ratio) {
		fputs(" | | n/a: ", out);
		markdown_text(c->why ? c->why : c->why_ratio, out);
		fputs(" |\n", out);
		return;
	}
	scale_format_change(c->ratio, change, sizeof(change));
	if (!isnan(c->ci[0])) {
		int used = snprintf(interval, sizeof(interval), "%g %% ", c->level * 100);

		scale_format_interval(c->ci, interval + used, sizeof(interval) - (size_t)used);
	}
	markdown_text(c->is_rough ? "~" : "", out);
	fprintf(out, "%s | ", change);
	markdown_text(interval, out);
	fputs(" | ", out);
	verdict_words(c, words, sizeof(words));
	markdown_text(words, out);
	gap_words(c, words, sizeof(words));
	fputs(words[0] ? "; " : "", out);
	markdown_text(words, out);
	fputs(" |\n", out);
}

static void put_share(FILE *out, double share)
{
	char text[16];

	if (share >= 1)
		return;
	scale_format_share(share, text, sizeof(text));
	fputs(" (counted ", out);
	markdown_text(text, out);
	fputs(" of the time)", out);
}

static void write_row(const struct results *results, const struct comparison *c,
                      struct sheet *notes)
{
	FILE *out = notes->out;

	fputs("| ", out);
	markdown_text(names_at(&results->arms, c->arm), out);
	fprintf(out, "%s | %zu", c->page_cache ? " (page cache)" : "", c->n);
	if (c->n < c->trials)
		fprintf(out, "/%zu", c->trials);
	fputs(" | ", out);
	if (c->why) {
		put_note(notes, c->why);
	} else {
		fputs(c->at_least ? "at least " : "", out);
		put_value(out, results->figure[c->figure].unit, c->median);
		put_share(out, c->share);
	}
	fputs(" | ", out);
	if (!c->why && c->why_spread)
		put_note(notes, c->why_spread);
	else if (!c->why)
		fprintf(out, "%.1f %%", c->spread * 100);
	fputs(" | ", out);
	put_change(notes, c);
}

/* Below the table: what moved with each verdict. */
static bool write_companions(const struct results *results, const struct comparisons *comparisons,
                             const struct comparison *c, FILE *out)
{
	const struct comparison *with[EXPLAIN_MAX];
	struct reason_moved reasons[REASONS_MOVED_MAX];
	size_t nr, nr_reasons;
	char text[256];

	if (!c->primary)
		return false;
	nr = explain_find(results, comparisons, c, with);
	nr_reasons = reasons_moved(results, c, reasons);
	if (!nr && !nr_reasons)
		return false;
	fputs("- ", out);
	markdown_text(names_at(&results->arms, c->arm), out);
	fputs(", with it:", out);
	for (size_t i = 0; i < nr + nr_reasons; i++) {
		if (i < nr)
			explain_format(results, with[i], text, sizeof(text));
		else
			reason_moved_format(results, &reasons[i - nr], text, sizeof(text));
		fputs(i ? ", " : " ", out);
		markdown_text(text, out);
	}
	fputc('\n', out);
	return true;
}

static void write_figure(const struct results *results, const struct comparisons *comparisons,
                         size_t from, size_t to, struct sheet *notes)
{
	FILE *out = notes->out;
	const struct comparison *first = &comparisons->list[from];
	const struct result_figure *figure = &results->figure[first->figure];
	bool any = false;

	fputs("**", out);
	markdown_text(names_at(&results->figures, first->figure), out);
	fprintf(out, "** (%s%s%s)\n\n", first->primary ? "primary" : "exploratory",
	        figure->better == RESULT_NONE ? "" : ", ",
	        figure->better == RESULT_NONE     ? ""
	        : figure->better == RESULT_HIGHER ? "higher is better"
	                                          : "lower is better");
	fputs("| arm | n | median | spread | change | interval | verdict |\n"
	      "|---|--:|--:|--:|--:|---|---|\n",
	      out);
	for (size_t i = from; i < to; i++)
		write_row(results, &comparisons->list[i], notes);
	fputc('\n', out);
	for (size_t i = from; i < to; i++)
		any |= write_companions(results, comparisons, &comparisons->list[i], out);
	if (any)
		fputc('\n', out);
}

static bool is_shown(const struct results *results, const struct comparison *c, bool all)
{
	const char *name = names_at(&results->figures, c->figure);

	return all || c->primary || chosen_place(results->primary[c->workload], name) >= 0;
}

/* Numbered as in the cells. */
static void write_notes(const struct sheet *notes)
{
	if (notes->nr_reasons)
		fputs("## notes\n\n", notes->out);
	for (int i = 0; i < notes->nr_reasons; i++) {
		fprintf(notes->out, "- n/a %d: ", i + 1);
		markdown_text(notes->reason[i], notes->out);
		fputc('\n', notes->out);
	}
}

static void put_summary_line(FILE *out, const char *label, const char *text)
{
	fprintf(out, "- %s: ", label);
	markdown_text(text, out);
	fputc('\n', out);
}

static void write_head(const struct results *results, const struct comparisons *comparisons,
                       FILE *out)
{
	struct sheet head = { .out = out, .put_line = put_summary_line };

	fputs("# qlaunch report\n\n", out);
	summary_write(results, comparisons, &head);
	fputc('\n', out);
}

static void write_findings(const struct results *results, const struct comparisons *comparisons,
                           int workload, FILE *out)
{
	char text[FINDINGS_MAX];

	findings_sentence(results, comparisons, workload, text, sizeof(text));
	markdown_text(text, out);
	fputs(text[0] ? "\n\n" : "", out);
}

void markdown_write(const struct results *results, const struct comparisons *comparisons, bool all,
                    const struct seed *seed, FILE *out)
{
	const struct comparison *list = comparisons->list;
	struct sheet notes = { .out = out };
	size_t from = 0;

	write_head(results, comparisons, out);
	seed_write_markdown(seed, out);
	for (size_t i = 1; i <= comparisons->nr; i++) {
		const bool is_last = i == comparisons->nr ||
		                     list[i].workload != list[from].workload;

		if (!is_last && list[i].figure == list[from].figure)
			continue;
		if (!from || list[from].workload != list[from - 1].workload) {
			fputs("## ", out);
			markdown_text(names_at(&results->workloads, list[from].workload), out);
			fputs("\n\n", out);
			write_findings(results, comparisons, list[from].workload, out);
		}
		if (is_shown(results, &list[from], all))
			write_figure(results, comparisons, from, i, &notes);
		if (is_last)
			markdown_reasons_write(results, comparisons, list[from].workload, all,
			                       &notes);
		from = i;
	}
	write_notes(&notes);
}
