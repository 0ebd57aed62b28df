/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cells.c - sorts trials once, then deals out their values. */
#include "cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "result_figures.h"

#define COMPARE(a, b)                                                                              \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

static int trial_order(const struct result_trial *a, const struct result_trial *b)
{
	COMPARE(a->seed, b->seed);
	COMPARE(a->block, b->block);
	COMPARE(a->repeat, b->repeat);
	return 0;
}

int cell_sample_order(const struct cell_sample *a, const struct cell_sample *b)
{
	return trial_order(a->trial, b->trial);
}

/* A trial with its values, which stand together in the table. */
struct span {
	const struct result_trial *trial;
	size_t first, nr;
};

static int by_cell(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	int order;

	COMPARE(a->trial->workload, b->trial->workload);
	COMPARE(a->trial->arm, b->trial->arm);
	order = trial_order(a->trial, b->trial);
	if (order)
		return order;
	COMPARE(a->trial, b->trial);
	return 0;
}

static void spans_free(struct span **spans)
{
	free(*spans);
	*spans = NULL;
}

/* All trials that count, sorted by group and pairing key.  Returns how many. */
static size_t spans_fill(const struct results *results, struct span *spans)
{
	size_t nr = 0, value = 0;

	for (size_t i = 0; i < results->nr_trials; i++) {
		struct span span = { .trial = &results->trial[i], .first = value };

		while (value < results->nr_values && results->value[value].trial == i)
			value++;
		span.nr = value - span.first;
		if (!span.trial->duplicate)
			spans[nr++] = span;
	}
	if (nr)
		qsort(spans, nr, sizeof(*spans), by_cell);
	return nr;
}

static int cell_add(struct cells *cells, const struct cell *cell)
{
	if (results_grow((void **)&cells->list, &cells->room, cells->nr, sizeof(*cell)))
		return -ENOMEM;
	cells->list[cells->nr++] = *cell;
	return 0;
}

/* Where the samples of the group go. */
struct deal {
	const struct results *results;
	struct cell_sample *next; /* free room */
	size_t count[RESULTS_FIGURES_MAX];
	struct cell_sample *at[RESULTS_FIGURES_MAX];
};

/* The trials of one arm and workload, none of which could run. */
static int add_refused(struct cells *cells, struct deal *deal, const struct span *spans, size_t nr)
{
	struct cell cell = { .arm = spans->trial->arm,
		             .workload = spans->trial->workload,
		             .figure = -1,
		             .nr = nr,
		             .sample = deal->next };

	for (size_t i = 0; i < nr; i++)
		*deal->next++ = (struct cell_sample){ .trial = spans[i].trial };
	return cell_add(cells, &cell);
}

static int add_group(struct cells *cells, struct deal *deal, const struct span *spans, size_t nr)
{
	const struct result_value *values = deal->results->value;
	size_t total = 0;

	memset(deal->count, 0, sizeof(deal->count));
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < spans[i].nr; j++)
			deal->count[values[spans[i].first + j].figure]++;
		total += spans[i].nr;
	}
	if (!total)
		return add_refused(cells, deal, spans, nr);
	for (int figure = 0; figure < deal->results->figures.nr; figure++) {
		struct cell cell = { .arm = spans->trial->arm,
			             .workload = spans->trial->workload,
			             .figure = figure,
			             .nr = deal->count[figure],
			             .sample = deal->next };

		deal->at[figure] = deal->next;
		deal->next += cell.nr;
		if (cell.nr && cell_add(cells, &cell))
			return -ENOMEM;
	}
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < spans[i].nr; j++) {
			const struct result_value *value = &values[spans[i].first + j];

			*deal->at[value->figure]++ = (struct cell_sample){ spans[i].trial, value };
		}
	}
	return 0;
}

static bool same_group(const struct span *a, const struct span *b)
{
	return a->trial->arm == b->trial->arm && a->trial->workload == b->trial->workload;
}

static void deal_free(struct deal **deal)
{
	free(*deal);
	*deal = NULL;
}

int cells_make(const struct results *results, struct cells *ret)
{
	CLEANUP(cells_done) struct cells cells = { 0 };
	CLEANUP(spans_free)
	struct span *spans = calloc(results->nr_trials + 1, sizeof(*spans));
	CLEANUP(deal_free) struct deal *deal = calloc(1, sizeof(*deal));
	size_t nr, from = 0;

	cells.samples = calloc(results->nr_values + results->nr_trials + 1, sizeof(*cells.samples));
	if (!spans || !deal || !cells.samples)
		return -ENOMEM;
	deal->results = results;
	deal->next = cells.samples;
	nr = spans_fill(results, spans);
	for (size_t i = 1; i <= nr; i++) {
		if (i < nr && same_group(&spans[from], &spans[i]))
			continue;
		if (add_group(&cells, deal, spans + from, i - from))
			return -ENOMEM;
		from = i;
	}
	*ret = cells;
	cells = (struct cells){ 0 };
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct cell *a = left, *b = right;

	COMPARE(a->workload, b->workload);
	COMPARE(a->arm, b->arm);
	COMPARE(a->figure, b->figure);
	return 0;
}

const struct cell *cells_find(const struct cells *cells, int workload, int arm, int figure)
{
	struct cell key = { .arm = arm, .workload = workload, .figure = figure };

	if (!cells->nr)
		return NULL;
	return bsearch(&key, cells->list, cells->nr, sizeof(key), by_name);
}

void cells_done(struct cells *cells)
{
	free(cells->list);
	free(cells->samples);
	*cells = (struct cells){ 0 };
}
