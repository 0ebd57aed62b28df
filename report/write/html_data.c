/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_data.c - the page's data, member by member. */
#include "html_data.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chosen.h"
#include "cleanup.h"
#include "compare.h"
#include "explain.h"
#include "gap.h"
#include "html_detail.h"
#include "html_out.h"
#include "html_reasons.h"
#include "html_trials.h"
#include "json.h"
#include "reasons_moved.h"
#include "seed.h"
#include "sheet.h"
#include "summary.h"
#include "verdict.h"

static const char *const verdict_keys[] = {
	[VERDICT_NONE] = "none",
	[VERDICT_BETTER] = "better",
	[VERDICT_WORSE] = "worse",
	[VERDICT_UNRESOLVED] = "unresolved",
};

#define NOT_SHOWN (-1)

struct page {
	const struct results *results;
	const struct comparisons *comparisons;
	const struct details *details;
	const struct seed *seed;
	int *arm_at; /* place on the page, by the arm's number; NOT_SHOWN: of a file that is only a spread */
	FILE *out;
};

static void page_done(struct page *page)
{
	free(page->arm_at);
}

/* A line of the text report's head, one of an array's. */
static void put_summary_line(FILE *out, const char *label, const char *text)
{
	fputs("[", out);
	html_out_json_text(out, label);
	fputc(',', out);
	html_out_json_text(out, text);
	fputs("],\n", out);
}

/* The page has each line of the text report's head, from the same source; null ends them. */
static void write_summary(const struct page *page)
{
	struct sheet sheet = { .out = page->out, .put_line = put_summary_line };

	fputs("\"summary\":[", page->out);
	summary_write(page->results, page->comparisons, &sheet);
	fputs("null],\n", page->out);
}

static void write_seed(const struct page *page)
{
	CLEANUP(json_done) struct json_object *tables = seed_json(page->seed);
	const char *text = json_object_to_json_string(tables);

	fputs("\"seed_study\":", page->out);
	html_out_json(page->out, text, strlen(text));
	fputs(",\n", page->out);
}

static void write_names(FILE *out, const char *key, const struct names *names)
{
	fprintf(out, "\"%s\":[", key);
	for (int i = 0; i < names->nr; i++) {
		fputs(i ? "," : "", out);
		html_out_json_text(out, names_at(names, i));
	}
	fputs("],\n", out);
}

static void write_arms(const struct page *page)
{
	const struct comparisons *comparisons = page->comparisons;

	fputs("\"arms\":[", page->out);
	for (int i = 0; i < comparisons->nr_arms; i++) {
		fputs(i ? "," : "", page->out);
		html_out_json_text(page->out, names_at(&page->results->arms, comparisons->arms[i]));
	}
	fprintf(page->out, "],\n\"baseline\":%d,\n", page->arm_at[comparisons->baseline]);
}

static void write_workloads(const struct page *page)
{
	const struct results *results = page->results;

	write_names(page->out, "workloads", &results->workloads);
	fputs("\"workload_order\":[", page->out);
	for (int i = 0; i < page->comparisons->nr_workloads; i++)
		fprintf(page->out, "%s%d", i ? "," : "", page->comparisons->workloads[i]);
	fputs("],\n\"figures\":[", page->out);
	for (int i = 0; i < results->figures.nr; i++) {
		fputs(i ? ",[" : "[", page->out);
		html_out_json_text(page->out, names_at(&results->figures, i));
		fputc(',', page->out);
		html_out_json_text(page->out, results->figure[i].unit);
		fprintf(page->out, ",\"%s\"]", results_better_name(results->figure[i].better));
	}
	fputs("],\n", page->out);
}

static void write_text_or_null(FILE *out, const char *text)
{
	fputc(',', out);
	if (text)
		html_out_json_text(out, text);
	else
		fputs("null", out);
}

/* Exits and preemptors that changed with it, in words. */
static void write_reasons(const struct page *page, const struct comparison *c)
{
	struct reason_moved moved[REASONS_MOVED_MAX];
	size_t nr = c->primary ? reasons_moved(page->results, c, moved) : 0;
	char text[256];

	fputs(",[", page->out);
	for (size_t i = 0; i < nr; i++) {
		reason_moved_format(page->results, &moved[i], text, sizeof(text));
		fputs(i ? "," : "", page->out);
		html_out_json_text(page->out, text);
	}
	fputc(']', page->out);
}

/* The figures that changed with a verdict; of primary figures only. */
static void write_moved(const struct page *page, const struct comparison *c)
{
	const struct comparison *with[EXPLAIN_MAX];
	size_t nr = c->primary ? explain_find(page->results, page->comparisons, c, with) : 0;

	fputs(",[", page->out);
	for (size_t i = 0; i < nr; i++)
		fprintf(page->out, "%s%d", i ? "," : "", with[i]->figure);
	fputc(']', page->out);
}

static void write_comparison(const struct page *page, const struct comparison *c)
{
	const double numbers[] = {
		c->median,    c->spread,          c->min,
		c->max,       c->baseline_median, c->ratio,
		c->ci[0],     c->ci[1],           c->p,
		c->p_holm,    c->effect,          c->mde,
		c->level,     c->boot_sd,         c->gap,
		c->gap_ci[0], c->gap_ci[1],       c->share < 1 ? c->share : NAN
	};
	const struct results *results = page->results;
	FILE *out = page->out;
	char reason[160], words[256], gap[160], share[64], remarks[VERDICT_REMARKS_MAX];

	fprintf(out, "[%d,%d,%d,%d,%d,%zu,%zu", page->arm_at[c->arm], c->workload, c->figure,
	        c->primary,
	        chosen_place(results->primary[c->workload], names_at(&results->figures, c->figure)),
	        c->n, c->trials);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		fputc(',', out);
		html_out_number(out, numbers[i]);
	}
	fprintf(out, ",%d,%zu,%d,%d,%d,%d,%d,\"%s\",%zu", c->paired, c->pairs, c->page_cache,
	        c->is_rough, c->by_session, page->arm_at[c->base], c->is_control,
	        verdict_keys[c->verdict], c->nr_outliers);
	write_text_or_null(out, c->test);
	verdict_reason(c, reason, sizeof(reason));
	write_text_or_null(out, reason[0] ? reason : NULL);
	write_text_or_null(out, c->why);
	write_text_or_null(out, c->why_ratio);
	verdict_words(c, words, sizeof(words));
	write_text_or_null(out, c->verdict == VERDICT_NONE ? NULL : words);
	gap_words(c, gap, sizeof(gap));
	write_text_or_null(out, gap[0] ? gap : NULL);
	gap_share(c, share, sizeof(share));
	write_text_or_null(out, share[0] ? share : NULL);
	verdict_remarks(c, results->planned_looks > 0, remarks, sizeof(remarks));
	write_text_or_null(out, remarks[0] ? remarks : NULL);
	write_moved(page, c);
	write_reasons(page, c);
	fputc(']', out);
}

static void write_comparisons(const struct page *page)
{
	static const char *const columns[] = {
		"arm",    "workload",   "figure",  "primary",    "chosen",    "n",
		"trials", "median",     "spread",  "min",        "max",       "baseline_median",
		"ratio",  "ci_low",     "ci_high", "p",          "p_holm",    "effect",
		"mde",    "level",      "boot_sd", "gap",        "gap_low",   "gap_high",
		"share",  "paired",     "pairs",   "page_cache", "is_rough",  "by_session",
		"base",   "is_control", "verdict", "outliers",   "test",      "why_verdict",
		"why",    "why_ratio",  "words",   "gap_words",  "gap_share", "remarks",
		"moved",  "reasons",
	};
	size_t nr = page->comparisons->nr, written = nr;

	if (written > HTML_COMPARISONS_MAX)
		written = HTML_COMPARISONS_MAX;
	fprintf(page->out, "\"comparisons_left_out\":%zu,\n\"columns\":[", nr - written);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		fprintf(page->out, "%s\"%s\"", i ? "," : "", columns[i]);
	fputs("],\n\"comparisons\":[", page->out);
	for (size_t i = 0; i < written; i++) {
		fputs(i ? ",\n" : "\n", page->out);
		write_comparison(page, &page->comparisons->list[i]);
	}
	fputs("],\n", page->out);
}

static void write_hosts(const struct page *page)
{
	const struct names *hosts = &page->results->hosts;

	fputs("\"hosts\":[", page->out);
	for (int i = 0; i < hosts->nr; i++) {
		fputs(i ? ",\n" : "\n", page->out);
		html_out_json(page->out, names_at(hosts, i), strlen(names_at(hosts, i)));
	}
	fputs("],\n", page->out);
}

static void write_circumstances(const struct page *page)
{
	const struct results *results = page->results;
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "qlaunch", page->details->version },
		{ "first", page->details->first },
		{ "last", page->details->last },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fprintf(page->out, "\"%s\":", texts[i].key);
		html_out_json_text(page->out, texts[i].text);
		fputs(",\n", page->out);
	}
	fprintf(page->out, "\"nr_trials\":%zu,\"details_left_out\":%lu,\n",
	        results->nr_trials - results->skipped.duplicates - results->nr_retried,
	        page->details->left_out);
}

static void write_distributions(const struct page *page)
{
	const struct details *details = page->details;
	const char *comma = "";
	int points = 0, left_out = 0;

	write_names(page->out, "histogram_names", &details->hist_names);
	fputs("\"histograms\":[", page->out);
	for (int i = 0; i < details->nr_hists; i++) {
		const struct detail_hist *hist = &details->hist[i];
		const struct result_trial *trial = &page->results->trial[hist->trial];

		if (page->arm_at[trial->arm] == NOT_SHOWN)
			continue;
		if (points > HTML_POINTS_MAX) {
			left_out++;
			continue;
		}
		fprintf(page->out, "%s\n[%d,%d,%d,", comma, page->arm_at[trial->arm],
		        trial->workload, hist->name);
		comma = ",";
		html_out_number(page->out, hist->sum->count);
		fputc(',', page->out);
		points += hist_sum_write(hist->sum, page->out);
		fputc(']', page->out);
	}
	fprintf(page->out, "],\n\"histograms_left_out\":%d,\n", left_out);
}

static void write_member(FILE *out, const char *key, const char *json)
{
	fprintf(out, ",\"%s\":", key);
	html_out_json(out, json ? json : "null", strlen(json ? json : "null"));
}

static void write_recipes(const struct page *page)
{
	const struct details *details = page->details;
	const char *comma = "";

	fputs("\"recipes\":[", page->out);
	for (int i = 0; i < details->nr_arms; i++) {
		const struct detail_arm *arm = &details->arm[i];
		int at = page->arm_at[page->results->trial[arm->trial].arm];

		if (at == NOT_SHOWN)
			continue;
		fprintf(page->out, "%s\n{\"arm\":%d", comma, at);
		comma = ",";
		write_member(page->out, "spec", arm->spec);
		write_member(page->out, "vm", arm->vm);
		fputc('}', page->out);
	}
	fputs("],\n", page->out);
}

int html_data_write(const struct results *results, const struct comparisons *comparisons,
                    const struct details *details, const struct seed *seed, FILE *out)
{
	CLEANUP(page_done)
	struct page page = { .results = results,
		             .comparisons = comparisons,
		             .details = details,
		             .seed = seed,
		             .arm_at = calloc(RESULTS_ARMS_MAX, sizeof(int)),
		             .out = out };

	if (!page.arm_at)
		return -ENOMEM;
	for (int i = 0; i < RESULTS_ARMS_MAX; i++)
		page.arm_at[i] = NOT_SHOWN;
	for (int i = 0; i < comparisons->nr_arms; i++)
		page.arm_at[comparisons->arms[i]] = i;
	fputs("{\"schema\":\"qlaunch.page/1\",\n", out);
	write_circumstances(&page);
	write_summary(&page);
	write_seed(&page);
	write_arms(&page);
	write_workloads(&page);
	write_names(out, "reasons", &results->reasons);
	write_comparisons(&page);
	html_reasons_write(comparisons, page.arm_at, out);
	write_hosts(&page);
	write_distributions(&page);
	write_recipes(&page);
	if (html_trials_write(results, details, page.arm_at, out))
		return -ENOMEM;
	fputs("}\n", out);
	return 0;
}
