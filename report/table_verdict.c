/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_verdict.c - verdicts in words. */
#include "table_verdict.h"

#include <math.h>
#include <string.h>

#include "compare.h"
#include "explain.h"
#include "reasons_moved.h"
#include "scale.h"
#include "table_cells.h"
#include "text.h"
#include "verdict.h"

#define SHOWN_WITH 3 /* companions of a verdict; the JSON report has all */

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

/* "better: 95 % interval [+3.1, +4.0] %, p 0.002, smallest effect that could be found 1.2 %" */
static void write_words(struct table *table, const struct comparison *c)
{
	char text[512], interval[64], p[32], mde[64] = "";

	scale_format_interval(c->ci, interval, sizeof(interval));
	format_p(c->p_holm, p, sizeof(p));
	if (!isnan(c->mde))
		snprintf(mde, sizeof(mde), "; could see %.*f %%", c->mde < 0.1 ? 1 : 0,
		         c->mde * 100);
	snprintf(text, sizeof(text), "%s: 95 %% %s, %s, %zu %s%s%s%s", verdict_name(c->verdict),
	         interval, p, c->units,
	         c->by_boot  ? "boots"
	         : c->paired ? "pairs"
	                     : "trials",
	         mde, c->why_verdict ? "; " : "", c->why_verdict ? c->why_verdict : "");
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

void table_write_verdict(struct table *table, const struct comparison *c)
{
	char reason[24], text[64];

	if (c->is_baseline || c->why || c->why_ratio)
		return;
	if (c->verdict != VERDICT_NONE) {
		write_words(table, c);
		write_companions(table, c);
		return;
	}
	sheet_reason(&table->sheet, c->why_verdict, reason, sizeof(reason));
	snprintf(text, sizeof(text), "verdict: %s", reason);
	sheet_indented(&table->sheet, INDENT + 4, text);
}

void table_format_verdict(struct table *table, const struct comparison *c, char *buf, size_t size)
{
	char interval[64];

	buf[0] = '\0';
	if (c->is_baseline || c->why || c->why_ratio)
		return;
	if (c->verdict == VERDICT_NONE) {
		sheet_reason(&table->sheet, c->why_verdict, buf, size);
		return;
	}
	scale_format_interval(c->ci, interval, sizeof(interval));
	table->opens |= c->verdict == VERDICT_UNRESOLVED;
	snprintf(buf, size, "%s %s",
	         c->verdict == VERDICT_UNRESOLVED ? "open" : verdict_name(c->verdict), interval);
}
