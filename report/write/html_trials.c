/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_trials.c - trials as rows of numbers; where there are too many, every n-th of each arm and workload. */
#include "html_trials.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "html_data.h"
#include "html_detail.h"
#include "html_out.h"
#include "json.h"
#include "result_parts.h"

#define NOT_SHOWN (-1)

struct rows {
	const struct results *results;
	const struct details *details;
	const int *arm_at;
	FILE *out;
	int *shown;        /* a trial's row, or NOT_SHOWN */
	unsigned *ordinal; /* trials so far, by arm and workload */
	bool *has;         /* by workload and figure: a trial has a value */
	double *value;     /* of one trial, by figure */
	size_t every;
};

static void rows_done(struct rows *rows)
{
	free(rows->shown);
	free(rows->ordinal);
	free(rows->has);
	free(rows->value);
}

static int rows_init(struct rows *rows)
{
	const struct results *r = rows->results;

	rows->shown = calloc(r->nr_trials + 1, sizeof(*rows->shown));
	rows->ordinal = calloc((size_t)r->arms.nr * (size_t)r->workloads.nr + 1,
	                       sizeof(*rows->ordinal));
	rows->has = calloc((size_t)r->workloads.nr * RESULTS_FIGURES_MAX + 1, sizeof(*rows->has));
	rows->value = calloc(RESULTS_FIGURES_MAX, sizeof(*rows->value));
	rows->every = 1 + r->nr_values / HTML_VALUES_MAX;
	return rows->shown && rows->ordinal && rows->has && rows->value ? 0 : -ENOMEM;
}

static void choose(struct rows *rows)
{
	const struct results *r = rows->results;
	int nr = 0;

	for (size_t i = 0; i < r->nr_trials; i++) {
		const struct result_trial *trial = &r->trial[i];
		size_t cell = (size_t)trial->arm * (size_t)r->workloads.nr + trial->workload;

		rows->shown[i] = NOT_SHOWN;
		if (!trial->duplicate && !r->is_same[trial->arm] &&
		    rows->ordinal[cell]++ % rows->every == 0)
			rows->shown[i] = nr++;
	}
	for (size_t i = 0; i < r->nr_values; i++) {
		const struct result_value *value = &r->value[i];
		size_t workload = r->trial[value->trial].workload;

		if (!isnan(value->value))
			rows->has[workload * RESULTS_FIGURES_MAX + value->figure] = true;
	}
}

static void write_columns(const struct rows *rows)
{
	const struct results *r = rows->results;

	fprintf(rows->out, "\"trial_every\":%zu,\n\"trial_figures\":[", rows->every);
	for (int w = 0; w < r->workloads.nr; w++) {
		const char *comma = "";

		fputs(w ? ",[" : "[", rows->out);
		for (int i = 0; i < r->figures.nr; i++) {
			if (!rows->has[w * RESULTS_FIGURES_MAX + i])
				continue;
			fprintf(rows->out, "%s%d", comma, i);
			comma = ",";
		}
		fputc(']', rows->out);
	}
	fputs("],\n", rows->out);
}

/* [arm, workload, block, repeat, its error in "reasons" or -1, the values of its workload's figures...] */
static void write_trial(const struct rows *rows, const struct result_trial *trial)
{
	const bool *has = rows->has + (size_t)trial->workload * RESULTS_FIGURES_MAX;

	fprintf(rows->out, "[%d,%d,%u,%u,%d", rows->arm_at[trial->arm], trial->workload,
	        trial->block, trial->repeat, trial->error);
	for (int i = 0; i < rows->results->figures.nr; i++) {
		if (!has[i])
			continue;
		fputc(',', rows->out);
		html_out_number(rows->out, rows->value[i]);
	}
	fputc(']', rows->out);
}

static void write_trials(const struct rows *rows)
{
	const struct results *r = rows->results;
	size_t value = 0;

	fputs("\"trials\":[", rows->out);
	for (size_t i = 0; i < r->nr_trials; i++) {
		for (int k = 0; k < r->figures.nr; k++)
			rows->value[k] = NAN;
		for (; value < r->nr_values && r->value[value].trial == i; value++)
			rows->value[r->value[value].figure] = r->value[value].value;
		if (rows->shown[i] == NOT_SHOWN)
			continue;
		fputs(rows->shown[i] ? ",\n" : "\n", rows->out);
		write_trial(rows, &r->trial[i]);
	}
	fputs("],\n", rows->out);
}

static void write_texts(FILE *out, const char *key, const struct names *names, bool json)
{
	fprintf(out, "\"%s\":[", key);
	for (int i = 0; i < names->nr; i++) {
		const char *text = names_at(names, i);

		fputs(i ? "," : "", out);
		if (json)
			html_out_json(out, text, strlen(text));
		else
			html_out_json_text(out, text);
	}
	fputs("],\n", out);
}

/* [trial's row, key, about, a number a metric] */
static void write_threads(const struct rows *rows)
{
	const struct details *details = rows->details;
	const char *comma = "";

	fputs("\"metrics\":[", rows->out);
	for (int i = 0; i < DETAIL_METRICS; i++)
		fprintf(rows->out, "%s\"%s\"", i ? "," : "", detail_metrics[i]);
	fputs("],\n", rows->out);
	write_texts(rows->out, "thread_keys", &details->keys, false);
	write_texts(rows->out, "thread_abouts", &details->abouts, true);
	fputs("\"threads\":[", rows->out);
	for (size_t i = 0; i < details->nr_threads; i++) {
		const struct detail_thread *thread = &details->thread[i];

		if (rows->shown[thread->trial] == NOT_SHOWN)
			continue;
		fprintf(rows->out, "%s\n[%d,%d,%d", comma, rows->shown[thread->trial], thread->key,
		        thread->about);
		for (int k = 0; k < DETAIL_METRICS; k++) {
			fputc(',', rows->out);
			html_out_number(rows->out, thread->value[k]);
		}
		fputc(']', rows->out);
		comma = ",";
	}
	fputs("],\n", rows->out);
}

/* Numbers in a sample, at most about one a comma. */
static size_t count_commas(const char *text)
{
	size_t nr = 1;

	for (; text && *text; text++)
		nr += *text == ',';
	return nr;
}

/* Cumulative counters: a sample that is left out loses detail, no sum. */
static void write_samples(const struct rows *rows, struct json_object *samples)
{
	size_t len, every = 1 + count_commas(part_json(samples, &len)) / HTML_SAMPLES_MAX;

	fputc('[', rows->out);
	for (size_t i = 0; i < json_object_array_length(samples); i += every) {
		const char *text = part_json(json_object_array_get_idx(samples, i), &len);

		fputs(i ? ",\n" : "", rows->out);
		if (text)
			html_out_json(rows->out, text, len);
	}
	fputc(']', rows->out);
}

static void write_timed(const struct rows *rows)
{
	const char *comma = "";

	fputs("\"timed\":[", rows->out);
	for (int i = 0; i < rows->details->nr_timed; i++) {
		const struct detail_timed *timed = &rows->details->timed[i];

		if (rows->shown[timed->trial] == NOT_SHOWN)
			continue;
		fprintf(rows->out, "%s\n{\"trial\":%d,\"samples\":", comma,
		        rows->shown[timed->trial]);
		write_samples(rows, timed->samples);
		fputc('}', rows->out);
		comma = ",";
	}
	fputs("]\n", rows->out);
}

int html_trials_write(const struct results *results, const struct details *details,
                      const int *arm_at, FILE *out)
{
	CLEANUP(rows_done)
	struct rows rows = { .results = results, .details = details, .arm_at = arm_at, .out = out };

	if (rows_init(&rows))
		return -ENOMEM;
	choose(&rows);
	write_columns(&rows);
	write_trials(&rows);
	write_threads(&rows);
	write_timed(&rows);
	return 0;
}
