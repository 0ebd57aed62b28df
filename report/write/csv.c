/* SPDX-License-Identifier: GPL-2.0-or-later */
/* csv.c - the seed study's claims, a row a comparison, a row a reason of exits and a preemptor; columns are only ever added at the end. */
#include "csv.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "scale.h"
#include "seed.h"
#include "text.h"
#include "verdict.h"

/*
 * A text from a file.  A spreadsheet runs a cell that starts with = + - @ as a formula, so such a text gets an
 * apostrophe; what the terminal that shows the file would obey becomes \xNN.
 */
static void put_text(FILE *out, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text);
	bool quoted = formula || strpbrk(text, ",\"' ");

	if (quoted)
		fputc('"', out);
	if (formula)
		fputc('\'', out);
	for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
		text_print_plain(text, (size_t)(quote - text), out);
		fputs("\"\"", out);
	}
	text_print_plain(text, strlen(text), out);
	if (quoted)
		fputc('"', out);
}

static void put_number(FILE *out, double value)
{
	char text[32];

	fputc(',', out);
	if (!isfinite(value))
		return;
	scale_format_exact(value, text, sizeof(text));
	fputs(text, out);
}

/* How an arm's figures were got: bits are numbers in the tables of accelerators and levels. */
struct way {
	uint32_t accels, levels;
};

struct sheet_of_values {
	const struct results *results;
	struct way *way; /* by arm */
	FILE *out;
};

static void ways_done(struct way **ways)
{
	free(*ways);
}

static struct way *find_ways(const struct results *results)
{
	struct way *ways = calloc((size_t)results->arms.nr + 1, sizeof(*ways));

	for (size_t i = 0; ways && i < results->nr_trials; i++) {
		const struct result_trial *trial = &results->trial[i];

		if (trial->accel >= 0)
			ways[trial->arm].accels |= UINT32_C(1) << trial->accel;
		if (trial->observer >= 0)
			ways[trial->arm].levels |= UINT32_C(1) << trial->observer;
	}
	return ways;
}

/* ",light; deep + trace" */
static void put_names(FILE *out, const struct names *names, uint32_t bits)
{
	char text[256] = "";

	for (int i = 0; i < names->nr && i < 32; i++) {
		if (bits >> i & 1)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			         text[0] ? "; " : "", names_at(names, i));
	}
	fputc(',', out);
	put_text(out, text);
}

static void put_way(const struct sheet_of_values *to, int arm)
{
	put_names(to->out, &to->results->observers, to->way[arm].levels);
	put_names(to->out, &to->results->accels, to->way[arm].accels);
}

/* What of the seed study a row answers. */
struct question {
	const char *kind, *claim, *theirs;
};

static void put_question(const struct sheet_of_values *to, const struct question *question)
{
	fputc(',', to->out);
	put_text(to->out, question->claim);
	fputc(',', to->out);
	put_text(to->out, question->theirs);
	fputc('\n', to->out);
}

static void put_row(const struct sheet_of_values *to, const struct comparison *c,
                    const struct question *question, unsigned long skipped)
{
	const struct results *results = to->results;
	FILE *out = to->out;
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
	put_number(out, verdict_is_95(c) ? c->ci[0] : NAN);
	put_number(out, verdict_is_95(c) ? c->ci[1] : NAN);
	put_number(out, c->p);
	put_number(out, c->p_holm);
	put_number(out, c->effect);
	put_number(out, c->mde);
	fputc(',', out);
	put_text(out, verdict_name(c->verdict));
	fprintf(out, ",%s,%s,", c->paired ? "yes" : "no", c->page_cache ? "yes" : "no");
	put_text(out, why);
	fprintf(out, ",%lu", skipped);
	put_way(to, c->arm);
	fprintf(out, ",%s,,,,,,,,,", question->kind);
	put_number(out, c->share < 1 ? c->share : NAN);
	put_number(out, c->gap_why ? NAN : c->gap);
	put_number(out, c->gap_why ? NAN : c->gap_ci[0]);
	put_number(out, c->gap_why ? NAN : c->gap_ci[1]);
	put_number(out, isnan(c->ci[0]) ? NAN : c->level);
	put_number(out, c->ci[0]);
	put_number(out, c->ci[1]);
	fputc(',', out);
	put_text(out, verdict_unbounded(c) ? verdict_unbounded(c) : "");
	fputs(c->is_baseline || c->why || c->why_ratio ? "," : c->is_rough ? ",yes" : ",no", out);
	put_question(to, question);
}

/* Exits and preemptors: the columns of a comparison that they have no value for are empty. */
static void put_sum(const struct sheet_of_values *to, const struct reason_group *group,
                    const char *kind, const struct reason_sum *sum, unsigned long skipped)
{
	const bool is_exit = group->kind == REASON_EXIT;
	FILE *out = to->out;
	char text[160];

	put_text(out, names_at(&to->results->arms, group->arm));
	fputc(',', out);
	put_text(out, names_at(&to->results->workloads, group->workload));
	snprintf(text, sizeof(text), "%s %s", is_exit ? "exit" : "preemptor", sum->name);
	fputc(',', out);
	put_text(out, text);
	fprintf(out, ",,none,no,%zu,,,,,,,,,,,,,,,,,", group->trials);
	put_text(out, is_exit && sum->why ? sum->why : "");
	fprintf(out, ",%lu", skipped);
	put_way(to, group->arm);
	fprintf(out, ",%s,", kind);
	put_text(out, sum->of);
	fputc(',', out);
	if (sum->tid)
		fprintf(out, "%d", sum->tid);
	put_number(out, sum->count);
	put_number(out, sum->share);
	put_number(out, sum->seconds);
	put_number(out, sum->mean_s);
	put_number(out, sum->p50_ns);
	put_number(out, sum->p99_ns);
	put_number(out, sum->max_ns);
	fputs(",,,,,,,,,,,\n", out);
}

static void put_group(const struct sheet_of_values *to, const struct reason_group *group,
                      unsigned long skipped)
{
	const char *kind = group->kind == REASON_EXIT ? "exit" : "preemptor";

	for (size_t i = 0; i < group->nr; i++) {
		const struct reason_sum *sum = &group->sum[i];

		put_sum(to, group, kind, sum, skipped);
		for (size_t j = 0; j < sum->nr_by; j++)
			put_sum(to, group, "exit_by_vcpu", &sum->by[j], skipped);
	}
}

struct seed_sheet {
	const struct sheet_of_values *to;
	unsigned long skipped;
};

static void put_answer(const struct seed_answer *answer, void *data)
{
	const struct seed_sheet *sheet = data;
	const struct sheet_of_values *to = sheet->to;
	const struct question question = { answer->kind, answer->claim, answer->theirs };
	FILE *out = to->out;

	if (answer->found) {
		put_row(to, answer->found, &question, sheet->skipped);
		return;
	}
	put_text(out, answer->arm);
	fprintf(out, ",%s,%s,,none,no,0,,,,,", answer->workload, answer->figure);
	put_text(out, answer->baseline);
	fputs(",,,,,,,,,n/a,no,no,", out);
	put_text(out, answer->why);
	fprintf(out, ",%lu,,,%s,,,,,,,,,,,,,,,,,,", sheet->skipped, answer->kind);
	put_question(to, &question);
}

int csv_write(const struct results *results, const struct comparisons *comparisons,
              const struct seed *seed, FILE *out)
{
	CLEANUP(ways_done) struct way *ways = find_ways(results);
	const struct sheet_of_values to = { .results = results, .way = ways, .out = out };
	unsigned long skipped = results_nr_skipped(results);
	struct seed_sheet sheet = { .to = &to, .skipped = skipped };
	const struct question none = { "figure", "", "" };

	if (!ways)
		return -ENOMEM;
	fputs("arm,workload,figure,unit,better,primary,n,median,spread,min,max,baseline,"
	      "baseline_median,ratio,ci95_low,ci95_high,p,p_holm,effect,mde,verdict,paired,page_cache,why,skipped_lines,"
	      "observe,accel,kind,of,tid,count,share,time_s,mean_s,p50_ns,p99_ns,max_ns,counted_share,"
	      "gap_recovered,gap_low,gap_high,interval_level,interval_low,interval_high,why_unbounded,"
	      "ratio_of_medians,claim,theirs\n",
	      out);
	seed_each(seed, put_answer, &sheet);
	for (size_t i = 0; i < comparisons->nr; i++)
		put_row(&to, &comparisons->list[i], &none, skipped);
	for (size_t i = 0; i < comparisons->reasons.nr; i++)
		put_group(&to, &comparisons->reasons.group[i], skipped);
	return 0;
}
