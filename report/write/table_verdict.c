/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_verdict.c - verdicts in words. */
#include "table_verdict.h"

#include <math.h>
#include <string.h>

#include "compare.h"
#include "explain.h"
#include "gap.h"
#include "reasons_moved.h"
#include "scale.h"
#include "table_cells.h"
#include "text.h"
#include "verdict.h"

#define SHOWN_WITH    3   /* companions of a verdict; the JSON report has all */
#define TABLE_MDE_MAX 0.5 /* above, the words already say that it is too noisy */

static void format_p(double p, char *buf, size_t size)
{
	snprintf(buf, size, p < 0.001 ? "p < 0.001" : "p %.3f", p);
}

enum sheet_colour table_verdict_colour(const struct comparison *c)
{
	return c->verdict == VERDICT_BETTER  ? SHEET_GOOD
	       : c->verdict == VERDICT_WORSE ? SHEET_BAD
	                                     : SHEET_PLAIN;
}

/* "better: 95 % [+3.1, +4.0] %, p 0.002, 10 boots; MDE 1.2 %" */
static void write_words(struct table *table, const struct comparison *c)
{
	char text[900], remarks[VERDICT_REMARKS_MAX], interval[64], p[32];
	size_t used;

	verdict_words(c, text, 256);
	used = strlen(text);
	if (!isnan(c->ci[0])) {
		scale_format_interval(c->ci, interval, sizeof(interval));
		format_p(c->p_holm, p, sizeof(p));
		used += (size_t)snprintf(text + used, sizeof(text) - used, ": %g %% %s, %s, %zu %s",
		                         c->level * 100, interval, p, c->units,
		                         verdict_unit(c, c->units));
	}
	if (c->mde <= TABLE_MDE_MAX)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "; MDE %.*f %%",
		                         c->mde < 0.1 ? 1 : 0, c->mde * 100);
	verdict_remarks(c, table->results->planned_looks > 0, remarks, sizeof(remarks));
	if (remarks[0])
		snprintf(text + used, sizeof(text) - used, "; %s", remarks);
	fputs(sheet_colour(&table->sheet, table_verdict_colour(c)), table->sheet.out);
	sheet_indented(&table->sheet, INDENT + 4, text);
	fputs(sheet_colour(&table->sheet, SHEET_PLAIN), table->sheet.out);
	table->verdicts = true;
}

/* "with it: run_delay_s 310 ms -> 20 ms (x0.06), exits for hlt 3.10 s -> 20 ms, ..." */
static void write_companions(struct table *table, const struct comparison *c)
{
	const struct comparison *with[EXPLAIN_MAX];
	struct reason_moved reasons[REASONS_MOVED_MAX];
	size_t nr = explain_find(table->results, table->comparisons, c, with), used = 0;
	size_t nr_reasons = reasons_moved(table->results, c, reasons);
	char text[1024], one[256];

	for (size_t i = 0; i < nr && i < SHOWN_WITH; i++) {
		explain_format(table->results, with[i], one, sizeof(one));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s",
		                         used ? "," : "with it:", one);
	}
	for (size_t i = 0; i < nr_reasons && i < SHOWN_WITH; i++) {
		reason_moved_format(table->results, &reasons[i], one, sizeof(one));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s",
		                         used ? "," : "with it:", one);
	}
	if (used)
		sheet_indented(&table->sheet, INDENT + 4, text);
}

/* What the seed study asked: how much of what the VM costs does this configuration win back? */
static void write_gap(struct table *table, const struct comparison *c)
{
	char text[160];

	gap_words(c, text, sizeof(text));
	if (text[0])
		sheet_indented(&table->sheet, INDENT + 4, text);
}

void table_write_verdict(struct table *table, const struct comparison *c)
{
	char reason[24], text[64];

	if (c->is_baseline || c->why || c->why_ratio)
		return;
	if (c->verdict != VERDICT_NONE) {
		write_words(table, c);
		write_gap(table, c);
		write_companions(table, c);
		return;
	}
	sheet_reason(&table->sheet, c->why_verdict, reason, sizeof(reason));
	snprintf(text, sizeof(text), "verdict: %s", reason);
	sheet_indented(&table->sheet, INDENT + 4, text);
}

void table_format_verdict(struct table *table, const struct comparison *c, int room, char *buf,
                          size_t size)
{
	const char *word;
	char interval[64];
	int n;

	buf[0] = '\0';
	if (c->is_baseline || c->why || c->why_ratio)
		return;
	if (c->verdict == VERDICT_NONE) {
		sheet_reason(&table->sheet, c->why_verdict, buf, size);
		return;
	}
	word = !c->is_control    ? verdict_name(c->verdict)
	       : isnan(c->ci[0]) ? "A/A not judged"
	                         : "A/A";
	interval[0] = '\0';
	if (!isnan(c->ci[0]))
		scale_format_interval(c->ci, interval, sizeof(interval));
	n = snprintf(buf, size, "%s%s%s", word, interval[0] ? " " : "", interval);
	if (n > room)
		snprintf(buf, size, "%s ...", word); /* the sections above have the interval */
}
