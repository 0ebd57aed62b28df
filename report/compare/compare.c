/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare.c - medians, spreads and ratios of cells. */
#include "compare.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arm_order.h"
#include "cells.h"
#include "cleanup.h"
#include "gap.h"
#include "json.h"
#include "judge.h"
#include "outliers.h"
#include "result_figures.h"
#include "sessions.h"
#include "stats.h"
#include "verdict.h"

/* All that a comparison is made from. */
struct context {
	const struct results *results;
	const struct cells *cells;
	struct comparisons *to;
	int *arm_rank, *workload_rank;
	double *scratch; /* as long as the longest cell */
	double *median;  /* by cell; NaN: not known, or not yet */
	unsigned *count; /* by reason; all 0 between calls */
};

static void context_done(struct context *context)
{
	free(context->arm_rank);
	free(context->workload_rank);
	free(context->scratch);
	free(context->median);
	free(context->count);
	*context = (struct context){ 0 };
}

/* Which of the names in the workload's list it is, or -1. */
static int primary_place(const char *list, const char *name)
{
	size_t len = strlen(name);
	int place = 0;

	while (*list) {
		size_t word = strcspn(list, " ");

		if (word && word == len && !strncmp(list, name, len))
			return place;
		list += word + strspn(list + word, " ");
		place++;
	}
	return -1;
}

static const char *usual_reason(struct context *context, const struct cell *cell)
{
	const char *found = "no reason given";
	unsigned most = 0;

	for (size_t i = 0; i < cell->nr; i++) {
		int reason = cell->sample[i].value ? cell->sample[i].value->why
		                                   : cell->sample[i].trial->error;

		if (reason >= 0 && ++context->count[reason] > most) {
			most = context->count[reason];
			found = names_at(&context->results->reasons, reason);
		}
	}
	for (size_t i = 0; i < cell->nr; i++) {
		int reason = cell->sample[i].value ? cell->sample[i].value->why
		                                   : cell->sample[i].trial->error;

		if (reason >= 0)
			context->count[reason] = 0;
	}
	return found;
}

/* Where an I/O figure's bytes came from; unlike trials in one cell: unknown. */
static enum result_source source_of(const struct results *results, const struct cell *cell)
{
	const char *name = names_at(&results->figures, cell->figure);
	bool reads = !strncmp(name, "io_read_", 8), writes = !strncmp(name, "io_write_", 9);
	enum result_source found = SOURCE_UNKNOWN;

	for (size_t i = 0; (reads || writes) && i < cell->nr; i++) {
		const struct result_trial *trial = cell->sample[i].trial;
		enum result_source source = reads ? trial->reads : trial->writes;

		if (i && source != found)
			return SOURCE_UNKNOWN;
		found = source;
	}
	return found;
}

static double known(const struct cell_sample *sample)
{
	return sample->value ? sample->value->value : NAN;
}

/* Events that take turns on the PMU are counted a part of the time. */
static double least_share(const struct cell *cell)
{
	double least = 1;

	for (size_t i = 0; i < cell->nr; i++) {
		const struct result_value *value = cell->sample[i].value;

		int share = value ? value->share & ~RESULT_AT_LEAST : 0;

		if (value && !isnan(value->value) && share)
			least = fmin(least, (double)share / RESULT_SHARE);
	}
	return least;
}

/* Is one of the values a lower bound? */
static bool has_bound(const struct cell *cell)
{
	for (size_t i = 0; i < cell->nr; i++) {
		const struct result_value *value = cell->sample[i].value;

		if (value && !isnan(value->value) && value->share & RESULT_AT_LEAST)
			return true;
	}
	return false;
}

static void summarise(struct context *context, const struct cell *cell, struct comparison *ret)
{
	double *values = context->scratch;

	for (size_t i = 0; i < cell->nr; i++) {
		if (!isnan(known(&cell->sample[i])))
			values[ret->n++] = known(&cell->sample[i]);
	}
	ret->trials = cell->nr;
	ret->share = least_share(cell);
	ret->at_least = has_bound(cell);
	if (!ret->n) {
		ret->why = ret->why_spread = usual_reason(context, cell);
		return;
	}
	stats_sort(values, ret->n);
	ret->median = stats_median(values, ret->n);
	ret->spread = stats_spread(values, ret->n);
	ret->min = values[0];
	ret->max = values[ret->n - 1];
	if (isfinite(ret->spread))
		return;
	ret->spread = NAN;
	ret->why_spread = ret->n < 2         ? "one trial has no spread"
	                  : ret->median == 0 ? "the median is 0"
	                                     : "out of range";
}

/* Knobs of the workload: where two sessions differ in one, their figures are of different things. */
static const char *unlike_settings(const struct results *results, const struct cell *cell,
                                   const struct cell *base)
{
	static const char *const knobs[] = { "duration", "warmup",      "bs",     "iodepth",
		                             "rwmix",    "rate",        "direct", "iopoll",
		                             "sqpoll",   "scratch-size" };
	static const char *const words[] = {
		"--duration differs",     "--warmup differs", "--bs differs",
		"--iodepth differs",      "--rwmix differs",  "--rate differs",
		"--direct differs",       "--iopoll differs", "--sqpoll differs",
		"--scratch-size differs",
	};
	int a = cell->sample[0].trial->spec, b = base->sample[0].trial->spec;
	CLEANUP(json_done) struct json_object *one = NULL;
	CLEANUP(json_done) struct json_object *two = NULL;

	if (a == b || a < 0 || b < 0 ||
	    json_parse(names_at(&results->specs, a), strlen(names_at(&results->specs, a)), &one,
	               NULL) ||
	    json_parse(names_at(&results->specs, b), strlen(names_at(&results->specs, b)), &two,
	               NULL))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		struct json_object *x = NULL, *y = NULL;

		json_object_object_get_ex(one, knobs[i], &x);
		json_object_object_get_ex(two, knobs[i], &y);
		if (!json_object_equal(x, y))
			return words[i];
	}
	return NULL;
}

/* Why there can be no ratio, or NULL. */
static const char *no_ratio(const struct comparison *comparison, enum result_source source,
                            enum result_source against)
{
	if (comparison->why)
		return comparison->why;
	if (isnan(comparison->baseline_median))
		return "the baseline has no value here";
	if (comparison->baseline_median == 0)
		return "the baseline's median is 0";
	if (source != against && source != SOURCE_UNKNOWN && against != SOURCE_UNKNOWN)
		return "one arm is served from the host's page cache, the other from the disk";
	return NULL;
}

/* The sessions that the spread of this arm's is learned from, or NULL. */
static const struct cell *same_of(const struct context *context, const struct cell *base)
{
	int same = context->results->same_of[base->arm];

	return same < 0 ? NULL : cells_find(context->cells, base->workload, same, base->figure);
}

/* What the evidence says goes into the row; where the ratio is unknown, so is all that follows from it. */
static int weigh(struct context *context, const struct cell *cell, const struct cell *base,
                 struct comparison *ret)
{
	double looks = fmax(1, context->results->planned_looks);
	double alpha = (ret->is_control ? context->to->control_alpha : JUDGE_ALPHA) / looks;
	struct evidence evidence;
	int rc = judge(cell, base, ret->median / ret->baseline_median, alpha, &evidence);

	if (!rc && !evidence.why && sessions_are_apart(cell, base))
		rc = sessions_judge(cell, base, same_of(context, base),
		                    context->results->session_spread, alpha, &evidence);

	if (rc)
		return rc;
	ret->ratio = evidence.ratio;
	ret->pairs = evidence.pairs;
	ret->paired = evidence.paired;
	if (!isfinite(ret->ratio)) {
		ret->ratio = NAN;
		ret->why_ratio = "out of range";
		return 0;
	}
	ret->by_boot = evidence.by_boot;
	ret->by_session = evidence.by_session;
	ret->spread_given = evidence.by_session && context->results->session_spread > 0;
	ret->why_open = evidence.why_open;
	ret->is_rough = isnan(evidence.p) && !evidence.by_session;
	ret->units = evidence.units;
	memcpy(ret->ci, evidence.ci, sizeof(ret->ci));
	ret->level = evidence.level;
	ret->test = evidence.test;
	ret->p = isnan(evidence.p) ? NAN : fmin(1, evidence.p * looks);
	ret->least = evidence.least * looks;
	ret->lag1 = evidence.lag1;
	ret->effect = evidence.effect;
	ret->mde = evidence.mde;
	ret->boot_sd = evidence.boot_sd;
	ret->why_verdict = evidence.why;
	return 0;
}

/* The baseline's median is wanted once for each arm. */
static double median_of(struct context *context, const struct cell *cell)
{
	struct comparison row = { .median = NAN };
	double *known_median = cell ? &context->median[cell - context->cells->list] : NULL;

	if (!cell)
		return NAN;
	if (isnan(*known_median)) {
		summarise(context, cell, &row);
		*known_median = row.median;
	}
	return *known_median;
}

static int relate(struct context *context, const struct cell *cell, struct comparison *ret)
{
	const struct results *results = context->results;
	const struct cell *base = cells_find(context->cells, cell->workload, ret->base,
	                                     ret->figure);
	enum result_source source = source_of(context->results, cell);

	ret->page_cache = source == SOURCE_PAGE_CACHE;
	ret->baseline_median = median_of(context, base);
	ret->why_ratio = no_ratio(ret, source,
	                          base ? source_of(context->results, base) : SOURCE_UNKNOWN);
	if (!ret->why_ratio && base && results->twin_of[ret->arm] == ret->base)
		ret->why_ratio = unlike_settings(results, cell, base);
	if (ret->why_ratio)
		return 0;
	if (!ret->is_baseline)
		return weigh(context, cell, base, ret);
	ret->ratio = 1;
	ret->pairs = ret->n;
	ret->paired = true;
	return 0;
}

static int compare_cell(struct context *context, const struct cell *cell, int figure)
{
	const struct results *results = context->results;
	struct comparisons *to = context->to;
	int place = primary_place(results->primary[cell->workload],
	                          names_at(&results->figures, figure));
	struct comparison comparison = {
		.arm = cell->arm,
		.workload = cell->workload,
		.figure = figure,
		.rank = { context->workload_rank[cell->workload],
		          place >= 0 ? place - RESULTS_FIGURES_MAX : figure,
		          context->arm_rank[cell->arm] },
		.primary = place >= 0,
		.is_baseline = cell->arm == to->baseline,
		.is_control = results->control_of[cell->arm] >= 0 &&
		              results->control_of[cell->arm] == to->base_of[cell->arm] &&
		              cell->arm != to->baseline,
		.base = to->base_of[cell->arm],
		.ci = { NAN, NAN },
		.p = NAN,
		.p_holm = NAN,
		.least = NAN,
		.boot_sd = NAN,
		.lag1 = NAN,
		.gap = NAN,
		.gap_ci = { NAN, NAN },
		.effect = NAN,
		.mde = NAN,
		.median = NAN,
		.spread = NAN,
		.min = NAN,
		.max = NAN,
		.ratio = NAN,
	};

	summarise(context, cell, &comparison);
	if (outliers_find(cell, context->scratch, to, &comparison) ||
	    relate(context, cell, &comparison))
		return -ENOMEM;
	if (results_grow((void **)&to->list, &to->room, to->nr, sizeof(comparison)))
		return -ENOMEM;
	to->list[to->nr++] = comparison;
	return 0;
}

/* A cell that could not run is a row of the workload's primary figures. */
static int compare_refused(struct context *context, const struct cell *cell)
{
	const struct results *results = context->results;

	for (int figure = 0; figure < results->figures.nr; figure++) {
		if (primary_place(results->primary[cell->workload],
		                  names_at(&results->figures, figure)) >= 0 &&
		    compare_cell(context, cell, figure))
			return -ENOMEM;
	}
	return 0;
}

static int by_rank(const void *left, const void *right)
{
	const struct comparison *a = left, *b = right;

	for (int i = 0; i < 3; i++) {
		if (a->rank[i] != b->rank[i])
			return a->rank[i] < b->rank[i] ? -1 : 1;
	}
	return 0;
}

static int context_init(struct context *context)
{
	const struct results *results = context->results;
	size_t longest = 1;

	for (size_t i = 0; i < context->cells->nr; i++) {
		if (context->cells->list[i].nr > longest)
			longest = context->cells->list[i].nr;
	}
	context->median = malloc((context->cells->nr + 1) * sizeof(*context->median));
	for (size_t i = 0; context->median && i < context->cells->nr; i++)
		context->median[i] = NAN;
	context->scratch = calloc(longest, sizeof(*context->scratch));
	context->count = calloc(RESULTS_REASONS_MAX, sizeof(*context->count));
	context->arm_rank = calloc((size_t)results->arms.nr, sizeof(int));
	context->workload_rank = calloc((size_t)results->workloads.nr, sizeof(int));
	if (!context->scratch || !context->median || !context->count || !context->arm_rank ||
	    !context->workload_rank)
		return -ENOMEM;
	for (int i = 0; i < context->to->nr_arms; i++)
		context->arm_rank[context->to->arms[i]] = i;
	for (int i = 0; i < context->to->nr_workloads; i++)
		context->workload_rank[context->to->workloads[i]] = i;
	return 0;
}

/* Primary figures of all workloads that there are: each has a control of its own where the sweep has one. */
static size_t count_primary(const struct results *results, const struct comparisons *to)
{
	size_t nr = 0;

	for (int i = 0; i < to->nr_workloads; i++) {
		for (int figure = 0; figure < results->figures.nr; figure++)
			nr += primary_place(results->primary[to->workloads[i]],
			                    names_at(&results->figures, figure)) >= 0;
	}
	return nr;
}

static int compare_cells(const struct results *results, struct comparisons *to)
{
	CLEANUP(cells_done) struct cells cells = { 0 };
	CLEANUP(context_done)
	struct context context = { .results = results, .cells = &cells, .to = to };

	if (cells_make(results, &cells) || context_init(&context))
		return -ENOMEM;
	to->control_alpha = verdict_control_alpha(count_primary(results, to));
	for (size_t i = 0; i < cells.nr; i++) {
		const struct cell *cell = &cells.list[i];
		int rc = results->is_same[cell->arm] ? 0
		         : cell->figure < 0          ? compare_refused(&context, cell)
		                                     : compare_cell(&context, cell, cell->figure);

		if (rc)
			return rc;
	}
	if (to->nr)
		qsort(to->list, to->nr, sizeof(*to->list), by_rank);
	return verdicts_give(results, to) || gaps_fill(results, &cells, to) ? -ENOMEM : 0;
}

int compare_make(const struct results *results, const char *baseline, struct comparisons *ret,
                 struct err *err)
{
	CLEANUP(comparisons_done) struct comparisons comparisons = { 0 };
	int rc = arm_order_find(results, baseline, &comparisons, err);

	if (rc)
		return rc;
	if (compare_cells(results, &comparisons) ||
	    reason_sums_make(results, &comparisons, &comparisons.reasons))
		return err_set(err, ENOMEM, "out of memory");
	*ret = comparisons;
	comparisons = (struct comparisons){ 0 };
	return 0;
}

void comparisons_done(struct comparisons *comparisons)
{
	free(comparisons->workloads);
	free(comparisons->arms);
	free(comparisons->list);
	free(comparisons->base_of);
	free(comparisons->outlier);
	reason_sums_done(&comparisons->reasons);
	*comparisons = (struct comparisons){ 0 };
}
