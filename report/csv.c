/* SPDX-License-Identifier: GPL-2.0-or-later */
/* csv.c - one row a comparison. */
#include "csv.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "compare.h"
#include "scale.h"
#include "verdict.h"

/*
 * A text from a file.  A spreadsheet runs a cell that starts with = + - @ as a formula, so such a text gets an
 * apostrophe; control characters would reach the terminal that shows the file, and become \xNN.
 */
static void put_text(FILE *out, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text);
	bool quoted = formula || strpbrk(text, ",\"' ");

	if (quoted)
		fputc('"', out);
	if (formula)
		fputc('\'', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else if (c == '"')
			fputs("\"\"", out);
		else
			fputc(c, out);
	}
	if (quoted)
		fputc('"', out);
}

static void put_number(FILE *out, double value)
{
	char text[32];

	fputc(',', out);
	if (isnan(value))
		return;
	scale_format_exact(value, text, sizeof(text));
	fputs(text, out);
}

static void put_row(const struct results *results, const struct comparison *c,
                    unsigned long skipped, FILE *out)
{
	const struct result_figure *figure = &results->figure[c->figure];
	const char *why = c->why           ? c->why
	                  : c->why_ratio   ? c->why_ratio
	                  : c->why_verdict ? c->why_verdict
	                                   : "";

	put_text(out, names_at(&results->arms, c->arm));
	fputc(',', out);
	put_text(out, names_at(&results->workloads, c->workload));
	fputc(',', out);
	put_text(out, names_at(&results->figures, c->figure));
	fputc(',', out);
	put_text(out, figure->unit);
	fprintf(out, ",%s,%s,%zu", results_better_name(figure->better), c->primary ? "yes" : "no",
	        c->n);
	put_number(out, c->median);
	put_number(out, c->spread);
	put_number(out, c->min);
	put_number(out, c->max);
	fputc(',', out);
	put_text(out, names_at(&results->arms, c->base));
	put_number(out, c->baseline_median);
	put_number(out, c->ratio);
	put_number(out, c->ci[0]);
	put_number(out, c->ci[1]);
	put_number(out, c->p);
	put_number(out, c->p_holm);
	put_number(out, c->effect);
	put_number(out, c->mde);
	fputc(',', out);
	put_text(out, verdict_name(c->verdict));
	fprintf(out, ",%s,%s,", c->paired ? "yes" : "no", c->page_cache ? "yes" : "no");
	put_text(out, why);
	fprintf(out, ",%lu\n", skipped);
}

void csv_write(const struct results *results, const struct comparisons *comparisons, FILE *out)
{
	unsigned long skipped = results_nr_skipped(results);

	fputs("arm,workload,figure,unit,better,primary,n,median,spread,min,max,baseline,"
	      "baseline_median,ratio,ci95_low,ci95_high,p,p_holm,effect,mde,verdict,paired,page_cache,why,skipped_lines\n",
	      out);
	for (size_t i = 0; i < comparisons->nr; i++)
		put_row(results, &comparisons->list[i], skipped, out);
}
