/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootstrap.c - draws by counting: values are sorted once, a draw counts how often each came. */
#include "bootstrap.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "sort.h"
#include "stats.h"

struct group {
	size_t from, nr;
};

/* A sample made ready for many draws. */
struct urn {
	size_t nr, nr_groups;
	double *sorted;
	size_t *place; /* of each value among the sorted */
	struct group *group;
	unsigned *count; /* of each sorted value, in this draw */
	bool is_large; /* one level of many values: its distribution is known, and nothing is counted */
};

static void urn_done(struct urn *urn)
{
	free(urn->sorted);
	free(urn->place);
	free(urn->group);
	free(urn->count);
	*urn = (struct urn){ 0 };
}

static void doubles_free(double **list)
{
	free(*list);
	*list = NULL;
}

/* splitmix64: every state gives the next, whatever the state */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 .. nr-1; the bias of the plain product is below 2^-50 for the few values there are. */
static size_t next_below(uint64_t *state, size_t nr)
{
	return (size_t)(((unsigned __int128)next(state) * nr) >> 64);
}

/* Joins runs of up to `run` values of a group.  Values and groups go to the front of `urn`. */
static void join(const struct bootstrap_sample *sample, size_t run, struct urn *urn)
{
	double *scratch = urn->sorted; /* not yet in use */
	double *value = urn->sorted;

	for (size_t i = 0, next_at; i < sample->nr; i = next_at) {
		struct group *group = urn->nr_groups ? &urn->group[urn->nr_groups - 1] : NULL;

		for (next_at = i; next_at < sample->nr && next_at - i < run &&
		                  sample->group[next_at] == sample->group[i];
		     next_at++)
			scratch[urn->nr + next_at - i] = sample->value[next_at];
		stats_sort(scratch + urn->nr, next_at - i);
		value[urn->nr] = stats_median(scratch + urn->nr, next_at - i);
		if (!group || !i || sample->group[i] != sample->group[i - 1]) {
			group = &urn->group[urn->nr_groups++];
			*group = (struct group){ .from = urn->nr };
		}
		group->nr++;
		urn->nr++;
	}
}

static int sort_places(struct urn *urn)
{
	CLEANUP(sorted_free) struct sorted *list = sort_values(urn->sorted, urn->nr);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < urn->nr; i++) {
		urn->sorted[i] = list[i].value;
		urn->place[list[i].at] = i;
	}
	return 0;
}

static size_t count_groups(const struct bootstrap_sample *sample)
{
	size_t nr = sample->nr ? 1 : 0;

	for (size_t i = 1; i < sample->nr; i++)
		nr += sample->group[i] != sample->group[i - 1];
	return nr;
}

/* How many neighbours become one value. */
static size_t run_of(const struct bootstrap_sample *sample, size_t nr_groups)
{
	if (nr_groups == 1 || nr_groups == sample->nr)
		return 1;
	if (nr_groups > BOOTSTRAP_VALUES_MAX)
		return sample->nr; /* all of a group: what differs between groups is far more */
	return (sample->nr + BOOTSTRAP_VALUES_MAX - 1) / BOOTSTRAP_VALUES_MAX;
}

static int urn_init(const struct bootstrap_sample *sample, struct urn *ret)
{
	size_t nr_groups = count_groups(sample);

	if (!sample->nr)
		return -ENODATA;
	ret->sorted = calloc(sample->nr, sizeof(*ret->sorted));
	ret->place = calloc(sample->nr, sizeof(*ret->place));
	ret->group = calloc(sample->nr, sizeof(*ret->group));
	ret->count = calloc(sample->nr, sizeof(*ret->count));
	if (!ret->sorted || !ret->place || !ret->group || !ret->count)
		return -ENOMEM;
	join(sample, run_of(sample, nr_groups), ret);
	ret->is_large = ret->nr > BOOTSTRAP_DRAWN_MAX && (nr_groups == 1 || nr_groups == ret->nr);
	return sort_places(ret);
}

/*
 * How many of n drawn values lie below the sample's share q is binomial, and so is where their median comes from: with
 * many values, the share 0.5 + z / (2 sqrt(n)) for a normal z.  That is what ever more draws of n values come to.
 */
static double median_at(const struct urn *urn, double z)
{
	double share = 0.5 + z / (2 * sqrt((double)urn->nr));

	return stats_quantile(urn->sorted, urn->nr, fmin(1, fmax(0, share)));
}

static double draw_normal(uint64_t *state)
{
	double one = ((double)(next(state) >> 11) + 1) * 0x1p-53; /* above 0 */
	double two = (double)(next(state) >> 11) * 0x1p-53;

	return sqrt(-2 * log(one)) * cos(6.283185307179586 * two);
}

/* The counted values' median: the middle one, or between the two middle ones. */
static double counted_median(const struct urn *urn, size_t total)
{
	size_t low = (total - 1) / 2, high = total / 2, seen = 0, i = 0;
	double at_low;

	while (seen + urn->count[i] <= low)
		seen += urn->count[i++];
	at_low = urn->sorted[i];
	while (seen + urn->count[i] <= high)
		seen += urn->count[i++];
	return at_low == urn->sorted[i] ? at_low : at_low / 2 + urn->sorted[i] / 2;
}

static double draw_median(struct urn *urn, uint64_t *state)
{
	size_t total = 0;

	if (urn->is_large)
		return median_at(urn, draw_normal(state));
	memset(urn->count, 0, urn->nr * sizeof(*urn->count));
	for (size_t i = 0; i < urn->nr_groups; i++) {
		const struct group *group =
		        &urn->group[urn->nr_groups > 1 ? next_below(state, urn->nr_groups) : 0];

		for (size_t j = 0; j < group->nr; j++)
			urn->count[urn->place[group->from + next_below(state, group->nr)]]++;
		total += group->nr;
	}
	return counted_median(urn, total);
}

static void take_ends(double *drawn, size_t nr, double ret[2])
{
	stats_sort(drawn, nr);
	ret[0] = stats_quantile(drawn, nr, 0.025);
	ret[1] = stats_quantile(drawn, nr, 0.975);
}

int bootstrap_median(const struct bootstrap_sample *sample, int draws, double ret[2])
{
	CLEANUP(urn_done) struct urn urn = { 0 };
	CLEANUP(doubles_free) double *drawn = calloc((size_t)draws + 1, sizeof(*drawn));
	uint64_t state = BOOTSTRAP_SEED;
	int rc = drawn ? urn_init(sample, &urn) : -ENOMEM;

	if (rc)
		return rc;
	for (int i = 0; i < 2 && urn.is_large; i++)
		ret[i] = median_at(&urn, i ? 1.959964 : -1.959964);
	if (urn.is_large)
		return 0;
	for (int i = 0; i < draws; i++)
		drawn[i] = draw_median(&urn, &state);
	take_ends(drawn, (size_t)draws, ret);
	return 0;
}

int bootstrap_ratio(const struct bootstrap_sample *a, const struct bootstrap_sample *b, int draws,
                    double ret[2])
{
	CLEANUP(urn_done) struct urn urn_a = { 0 };
	CLEANUP(urn_done) struct urn urn_b = { 0 };
	CLEANUP(doubles_free) double *drawn = calloc((size_t)draws + 1, sizeof(*drawn));
	uint64_t state = BOOTSTRAP_SEED;
	int rc = drawn ? urn_init(a, &urn_a) : -ENOMEM;

	if (!rc)
		rc = urn_init(b, &urn_b);
	for (int i = 0; i < draws && !rc; i++) {
		drawn[i] = draw_median(&urn_a, &state) / draw_median(&urn_b, &state);
		rc = isfinite(drawn[i]) ? 0 : -EDOM;
	}
	if (!rc)
		take_ends(drawn, (size_t)draws, ret);
	return rc;
}
