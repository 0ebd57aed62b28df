/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reason_sums.c - rows in the order of their cell and name, then summed up run by run. */
#include "reason_sums.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "results.h"
#include "stats.h"

#define LAST_BITS 22 /* of the key: a preemptor's TID or a vCPU's number in the words */
#define NAME_BITS 12
#define ARM_BITS  12

static const char why_few[] = "too few exits: ten of them have to lie above a percentile";

/* A row by what it is summed under: workload, kind, arm, name, and TID or vCPU. */
struct item {
	uint64_t key;
	const struct reason_row *row;
};

struct work {
	const struct results *results;
	uint64_t *workload_rank, *arm_rank;
	size_t *trials; /* with such a list, by workload, arm and kind */
	struct item *item;
	size_t nr_items;
	double *values; /* of one sum: a percentile's */
};

static void work_done(struct work *work)
{
	free(work->workload_rank);
	free(work->arm_rank);
	free(work->trials);
	free(work->item);
	free(work->values);
}

static size_t *trials_of(const struct work *work, int workload, int arm, enum reason_kind kind)
{
	size_t cell = (size_t)workload * (size_t)work->results->arms.nr + (size_t)arm;

	return &work->trials[2 * cell + kind];
}

/* Files that only tell the spread between sessions have no arm among those that are compared. */
static bool is_taken(const struct results *results, const struct result_trial *trial)
{
	return !trial->duplicate && !results->is_same[trial->arm];
}

static void count_trials(struct work *work)
{
	for (size_t i = 0; i < work->results->nr_trials; i++) {
		const struct result_trial *trial = &work->results->trial[i];

		if (!is_taken(work->results, trial))
			continue;
		*trials_of(work, trial->workload, trial->arm, REASON_EXIT) += trial->has_exits;
		*trials_of(work, trial->workload, trial->arm,
		           REASON_PREEMPTOR) += trial->has_preemptors;
	}
}

static bool work_init(struct work *work, const struct comparisons *order)
{
	const struct results *results = work->results;
	size_t nr_arms = (size_t)results->arms.nr, nr_workloads = (size_t)results->workloads.nr;
	size_t rows = results->reason_rows.nr + results->reason_rows.nr_vcpu;

	work->workload_rank = calloc(nr_workloads + 1, sizeof(*work->workload_rank));
	work->arm_rank = calloc(nr_arms + 1, sizeof(*work->arm_rank));
	work->trials = calloc(2 * nr_arms * nr_workloads + 1, sizeof(*work->trials));
	work->item = calloc(rows + 1, sizeof(*work->item));
	work->values = calloc(rows + 1, sizeof(*work->values));
	if (!work->workload_rank || !work->arm_rank || !work->trials || !work->item ||
	    !work->values)
		return false;
	for (int i = 0; i < order->nr_workloads; i++)
		work->workload_rank[order->workloads[i]] = (uint64_t)i;
	for (int i = 0; i < order->nr_arms; i++)
		work->arm_rank[order->arms[i]] = (uint64_t)i;
	count_trials(work);
	return true;
}

static const struct result_trial *trial_of(const struct work *work, const struct item *item)
{
	return &work->results->trial[item->row->trial];
}

/* TIDs tell the threads of one trial apart; in another trial a name's TID is another. */
static uint64_t last_of(const struct work *work, const struct item *item)
{
	const struct result_trial *trial = trial_of(work, item);

	if (item->row->kind == REASON_EXIT)
		return item->row->of;
	return *trials_of(work, trial->workload, trial->arm, REASON_PREEMPTOR) == 1
	               ? (uint64_t)item->row->tid
	               : 0;
}

static int by_key(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

static void sort_rows(struct work *work, const struct reason_row *rows, size_t nr)
{
	work->nr_items = 0;
	for (size_t i = 0; i < nr; i++) {
		struct item *item = &work->item[work->nr_items];
		const struct result_trial *trial;
		uint64_t key;

		item->row = &rows[i];
		if (rows[i].trial >= work->results->nr_trials ||
		    !is_taken(work->results, trial_of(work, item)))
			continue;
		trial = trial_of(work, item);
		key = work->workload_rank[trial->workload] << 1 | rows[i].kind;
		key = key << ARM_BITS | work->arm_rank[trial->arm];
		key = key << NAME_BITS | rows[i].name;
		item->key = key << LAST_BITS | last_of(work, item);
		work->nr_items++;
	}
	if (work->nr_items)
		qsort(work->item, work->nr_items, sizeof(*work->item), by_key);
}

/* The median of what the rows know; NaN where none does. */
static double middle(struct work *work, size_t from, size_t to, bool is_p99)
{
	size_t nr = 0;

	for (size_t i = from; i < to; i++) {
		const struct reason_row *row = work->item[i].row;
		double ns = is_p99 ? row->p99_ns : row->p50_ns;

		if (!isnan(ns))
			work->values[nr++] = ns;
	}
	stats_sort(work->values, nr);
	return nr ? stats_median(work->values, nr) : NAN;
}

static struct reason_sum sum_up(struct work *work, size_t from, size_t to)
{
	const struct reason_rows *rows = &work->results->reason_rows;
	const struct reason_row *first = work->item[from].row;
	const struct result_trial *trial = trial_of(work, &work->item[from]);
	const bool is_exit = first->kind == REASON_EXIT;
	size_t trials = *trials_of(work, trial->workload, trial->arm,
	                           (enum reason_kind)first->kind);
	struct reason_sum sum = {
		.name = is_exit ? names_at(&rows->names[REASON_EXIT], first->name)
		                : names_at(&rows->words, first->word - 1),
		.of = names_at(&rows->words, first->of - 1),
		.tid = is_exit || trials > 1 ? 0 : first->tid,
		.max_ns = NAN,
	};

	for (size_t i = from; i < to; i++) {
		const struct reason_row *row = work->item[i].row;

		sum.count += row->count;
		sum.seconds += row->seconds;
		sum.max_ns = fmax(sum.max_ns, row->max_ns);
		if (is_exit && row->word)
			sum.why = names_at(&rows->words, row->word - 1);
	}
	sum.mean_s = sum.seconds / sum.count;
	sum.count /= (double)trials;
	sum.seconds /= (double)trials;
	sum.p50_ns = middle(work, from, to, false);
	sum.p99_ns = middle(work, from, to, true);
	if (!is_exit || (!isnan(sum.p50_ns) && !isnan(sum.p99_ns)))
		sum.why = NULL;
	else if (!sum.why)
		sum.why = why_few;
	return sum;
}

/* Where the run of equal keys that starts at `from` ends. */
static size_t run_end(const struct work *work, size_t from, int bits)
{
	size_t to = from + 1;

	while (to < work->nr_items && work->item[to].key >> bits == work->item[from].key >> bits)
		to++;
	return to;
}

static int by_time(const void *a, const void *b)
{
	const struct reason_sum *left = a, *right = b;
	int order;

	if (left->seconds != right->seconds)
		return left->seconds < right->seconds ? 1 : -1;
	order = strcmp(left->name, right->name);
	order = order ? order : strcmp(left->of, right->of);
	return order ? order : left->tid - right->tid;
}

static int by_vcpu(const void *a, const void *b)
{
	const struct reason_sum *left = a, *right = b;

	return strverscmp(left->of, right->of);
}

/* Keys of the sums, which find their rows of single vCPUs by them. */
struct sums_by_key {
	uint64_t *key;
	size_t nr;
};

static void sums_by_key_done(struct sums_by_key *keys)
{
	free(keys->key);
}

static int make_sums(struct work *work, struct reason_sums *ret, struct sums_by_key *ret_keys)
{
	size_t to;

	ret->sum = calloc(work->nr_items + 1, sizeof(*ret->sum));
	ret_keys->key = calloc(work->nr_items + 1, sizeof(*ret_keys->key));
	if (!ret->sum || !ret_keys->key)
		return -ENOMEM;
	for (size_t from = 0; from < work->nr_items; from = to) {
		to = run_end(work, from, 0);
		ret_keys->key[ret_keys->nr] = work->item[from].key;
		ret->sum[ret_keys->nr++] = sum_up(work, from, to);
	}
	return 0;
}

/* Both lists are in the order of their keys. */
static int add_vcpus(struct work *work, struct reason_sums *ret, const struct sums_by_key *keys)
{
	size_t at = 0, nr = 0, to;

	ret->by = calloc(work->nr_items + 1, sizeof(*ret->by));
	if (!ret->by)
		return -ENOMEM;
	for (size_t from = 0; from < work->nr_items; from = to) {
		const uint64_t name = work->item[from].key >> LAST_BITS;
		struct reason_sum *sum;

		to = run_end(work, from, 0);
		while (at + 1 < keys->nr && keys->key[at] >> LAST_BITS < name)
			at++;
		if (at == keys->nr || keys->key[at] >> LAST_BITS != name)
			continue;
		sum = &ret->sum[at];
		sum->by = sum->by ? sum->by : &ret->by[nr];
		ret->by[nr++] = sum_up(work, from, to);
		sum->nr_by++;
	}
	for (at = 0; at < keys->nr; at++) {
		if (ret->sum[at].nr_by)
			qsort(&ret->by[ret->sum[at].by - ret->by], ret->sum[at].nr_by,
			      sizeof(*ret->by), by_vcpu);
	}
	return 0;
}

static void share_out(struct reason_group *group, struct reason_sums *sums)
{
	struct reason_sum *sum = &sums->sum[group->sum - sums->sum];

	for (size_t i = 0; i < group->nr; i++) {
		group->count += sum[i].count;
		group->seconds += sum[i].seconds;
	}
	for (size_t i = 0; i < group->nr; i++) {
		struct reason_sum *by = sum[i].nr_by ? &sums->by[sum[i].by - sums->by] : NULL;

		sum[i].share = sum[i].count / group->count;
		for (size_t j = 0; j < sum[i].nr_by; j++)
			by[j].share = by[j].count / group->count;
	}
	qsort(sum, group->nr, sizeof(*sum), by_time);
}

static int make_groups(const struct work *work, const struct comparisons *order,
                       struct reason_sums *ret, const struct sums_by_key *keys)
{
	ret->group = calloc(keys->nr + 1, sizeof(*ret->group));
	if (!ret->group)
		return -ENOMEM;
	for (size_t i = 0; i < keys->nr; i++) {
		const uint64_t cell = keys->key[i] >> (LAST_BITS + NAME_BITS);
		struct reason_group *group = &ret->group[ret->nr];

		if (!i || cell != keys->key[i - 1] >> (LAST_BITS + NAME_BITS)) {
			*group = (struct reason_group){
				.workload = order->workloads[cell >> (ARM_BITS + 1)],
				.arm = order->arms[cell & ((1 << ARM_BITS) - 1)],
				.kind = (enum reason_kind)(cell >> ARM_BITS & 1),
				.sum = &ret->sum[i],
			};
			group->trials = *trials_of(work, group->workload, group->arm, group->kind);
			ret->nr++;
		}
		ret->group[ret->nr - 1].nr++;
	}
	for (size_t i = 0; i < ret->nr; i++)
		share_out(&ret->group[i], ret);
	return 0;
}

int reason_sums_make(const struct results *results, const struct comparisons *order,
                     struct reason_sums *ret)
{
	CLEANUP(work_done) struct work work = { .results = results };
	CLEANUP(sums_by_key_done) struct sums_by_key keys = { 0 };
	CLEANUP(reason_sums_done) struct reason_sums sums = { 0 };
	const struct reason_rows *rows = &results->reason_rows;

	if (!rows->nr)
		return 0;
	if (!work_init(&work, order))
		return -ENOMEM;
	sort_rows(&work, rows->row, rows->nr);
	if (make_sums(&work, &sums, &keys))
		return -ENOMEM;
	sort_rows(&work, rows->vcpu_row, rows->nr_vcpu);
	if (add_vcpus(&work, &sums, &keys) || make_groups(&work, order, &sums, &keys))
		return -ENOMEM;
	*ret = sums;
	sums = (struct reason_sums){ 0 };
	return 0;
}

const struct reason_group *reason_sums_of(const struct reason_sums *sums, int workload,
                                          size_t *ret_nr)
{
	size_t from = 0, to;

	while (from < sums->nr && sums->group[from].workload != workload)
		from++;
	for (to = from; to < sums->nr && sums->group[to].workload == workload;)
		to++;
	*ret_nr = to - from;
	return sums->nr ? &sums->group[from] : NULL;
}

bool reason_sums_at_least(const struct reason_group *group)
{
	bool any = false;

	for (size_t i = 0; group->kind == REASON_PREEMPTOR && group->trials > 1 && i < group->nr;
	     i++)
		any |= !strcmp(group->sum[i].name, REASONS_REST) && !group->sum[i].of[0];
	return any && group->nr > 1;
}

struct reason_sum reason_sums_rest(const struct reason_group *group, size_t i)
{
	struct reason_sum rest = {
		.name = "", .of = "", .max_ns = NAN, .p50_ns = NAN, .p99_ns = NAN
	};

	for (; i < group->nr; i++) {
		rest.count += group->sum[i].count;
		rest.seconds += group->sum[i].seconds;
		rest.share += group->sum[i].share;
		rest.max_ns = fmax(rest.max_ns, group->sum[i].max_ns);
	}
	rest.mean_s = rest.count > 0 ? rest.seconds / rest.count : NAN;
	return rest;
}

void reason_sums_done(struct reason_sums *sums)
{
	free(sums->group);
	free(sums->sum);
	free(sums->by);
	*sums = (struct reason_sums){ 0 };
}
