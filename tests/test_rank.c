/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_rank.c - tests, corrections and intervals against R's: tests/data/vectors, with the script that made them.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bootstrap.h"
#include "cleanup.h"
#include "err.h"
#include "holm.h"
#include "rank.h"
#include "stats.h"

#define VECTORS    "tests/data/vectors/vectors.txt"
#define VALUES_MAX 256

struct numbers {
	size_t nr;
	double value[VALUES_MAX];
};

/* KIND | A | B | RESULTS */
struct vector {
	char kind[32];
	struct numbers a, b, want;
};

static void near(const struct vector *vector, double got, double want, double within)
{
	if (fabs(got - want) > within * fmax(1e-3, fabs(want)))
		fail_msg("%s of %zu and %zu values: %.17g, R says %.17g", vector->kind,
		         vector->a.nr, vector->b.nr, got, want);
}

static void check_signed(const struct vector *v)
{
	near(v, rank_signed_p(v->a.value, v->a.nr), v->want.value[0], 1e-9);
}

static void check_sum(const struct vector *v)
{
	double p, delta;

	rank_sum(v->b.value, v->b.nr, v->a.value, v->a.nr, &p, &delta);
	near(v, p, v->want.value[0], 1e-9);
	near(v, delta, -v->want.value[1], 1e-9);
	rank_sum(v->a.value, v->a.nr, v->b.value, v->b.nr, &p, &delta);
	near(v, p, v->want.value[0], 1e-9);
	near(v, delta, v->want.value[1], 1e-9);
}

static void check_holm(const struct vector *v)
{
	struct holm family[VALUES_MAX] = { { .p = NAN } }; /* the first is no member */

	for (size_t i = 0; i < v->a.nr; i++)
		family[i + 1].p = v->a.value[i];
	assert_int_equal(holm_adjust(family, v->a.nr + 1), 0);
	assert_true(isnan(family[0].adjusted));
	for (size_t i = 0; i < v->a.nr; i++)
		near(v, family[i + 1].adjusted, v->want.value[i], 1e-12);
}

static void check_detectable(const struct vector *v)
{
	near(v, stats_detectable(1, (size_t)v->a.value[0]), v->want.value[0], 0.01);
}

static void check_z(const struct vector *v)
{
	double z[VALUES_MAX], sorted[VALUES_MAX];

	memcpy(sorted, v->a.value, v->a.nr * sizeof(*sorted));
	stats_sort(sorted, v->a.nr);
	stats_modified_z(v->a.value, sorted, v->a.nr, z);
	for (size_t i = 0; i < v->a.nr; i++)
		near(v, z[i], v->want.value[i], 1e-9);
}

static void check_deviation(const struct vector *v)
{
	near(v, stats_deviation(v->a.value, v->a.nr), v->want.value[0], 1e-9);
}

/* Drawn with other random numbers, though as often as R did: within a fiftieth of the interval's width. */
static void check_bootstrap(const struct vector *v)
{
	double width = v->want.value[1] - v->want.value[0], got[2];
	int group[VALUES_MAX];
	const struct bootstrap_sample sample = { v->a.value, group, v->a.nr };

	for (size_t i = 0; i < v->b.nr; i++)
		group[i] = (int)v->b.value[i];
	assert_int_equal(bootstrap_median(&sample, 200000, got), 0);
	for (int i = 0; i < 2; i++)
		near(v, got[i], v->want.value[i], width / 50);
}

static const struct {
	const char *kind;
	void (*check)(const struct vector *vector);
} checks[] = {
	{ "signed", check_signed },         { "sum", check_sum }, { "holm", check_holm },
	{ "detectable", check_detectable }, { "z", check_z },     { "deviation", check_deviation },
	{ "bootstrap", check_bootstrap },
};

static void read_numbers(char *text, struct numbers *ret)
{
	char *rest;

	ret->nr = 0;
	for (double value = strtod(text, &rest); rest != text; value = strtod(text, &rest)) {
		assert_true(ret->nr < VALUES_MAX);
		ret->value[ret->nr++] = value;
		text = rest;
	}
}

static bool read_vector(char *line, struct vector *ret)
{
	char *part[4];

	for (int i = 0; i < 4; i++)
		part[i] = strsep(&line, "|");
	if (!part[3])
		return false;
	part[0][strcspn(part[0], " ")] = '\0';
	snprintf(ret->kind, sizeof(ret->kind), "%s", part[0]);
	read_numbers(part[1], &ret->a);
	read_numbers(part[2], &ret->b);
	read_numbers(part[3], &ret->want);
	return true;
}

static void vectors_of_r(void **state)
{
	CLEANUP(file_close) FILE *file = fopen(VECTORS, "re");
	int seen[ARRAY_SIZE(checks)] = { 0 };
	char line[16384];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct vector vector;
		bool known = line[0] == '#';

		if (known)
			continue;
		assert_true(read_vector(line, &vector));
		for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
			if (strcmp(checks[i].kind, vector.kind) != 0)
				continue;
			checks[i].check(&vector);
			seen[i]++;
			known = true;
		}
		assert_true(known);
	}
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		assert_true(seen[i] > 0);
}

static double sum_p(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	double p, delta;

	rank_sum(a, nr_a, b, nr_b, &p, &delta);
	return p;
}

static double delta_of(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	double p, delta;

	rank_sum(a, nr_a, b, nr_b, &p, &delta);
	return delta;
}

static void the_least_p_is_reached(void **state)
{
	const double up[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, down[] = { -9, -8, -7, -6, -5, -4 };

	(void)state;
	for (size_t n = 1; n <= 10; n++) {
		assert_true(fabs(rank_signed_p(up, n) - rank_signed_least(n)) < 1e-12);
		for (size_t m = 1; m <= 6; m++)
			assert_true(fabs(sum_p(up, n, down, m) - rank_sum_least(n, m)) < 1e-12);
	}
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of as many values, drawn with putting back. */
static double drawn_median(const double *values, size_t nr, unsigned *state)
{
	static double drawn[1000];

	for (size_t i = 0; i < nr; i++) {
		*state = *state * 1664525u + 1013904223u;
		drawn[i] = values[(*state >> 8) % nr];
	}
	qsort(drawn, nr, sizeof(*drawn), ascending);
	return stats_median(drawn, nr);
}

/* Many boots of one value each are not drawn from: the interval is where plain drawing puts it, too. */
static void large_samples_need_no_drawing(void **state)
{
	static const size_t sizes[] = { 101, 200, 301, 1000 };
	static double values[1000], drawn[3000];
	static int group[1000];
	unsigned seed = 7;

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		size_t nr = sizes[s], draws = ARRAY_SIZE(drawn);
		const struct bootstrap_sample sample = { values, group, nr };
		double got[2], want[2], both[2], width;

		for (size_t i = 0; i < nr; i++) {
			values[i] = (double)(i * 37 % nr); /* ranks: all of them, in some order */
			group[i] = (int)i;
		}
		for (size_t i = 0; i < draws; i++)
			drawn[i] = drawn_median(values, nr, &seed);
		qsort(drawn, draws, sizeof(*drawn), ascending);
		want[0] = stats_quantile(drawn, draws, 0.025);
		want[1] = stats_quantile(drawn, draws, 0.975);
		width = want[1] - want[0];
		assert_int_equal(bootstrap_median(&sample, 2000, got), 0);
		for (int i = 0; i < 2; i++) {
			print_message("# %zu: %f, drawn %f\n", nr, got[i], want[i]);
			assert_true(fabs(got[i] - want[i]) <= 1.5);
		}
		/* of itself: around 1, and wider than one side alone */
		assert_int_equal(bootstrap_ratio(&sample, &sample, 2000, both), 0);
		assert_true(both[0] < 1 && both[1] > 1);
		assert_true((both[1] - both[0]) * (double)nr / 2 > width);
		assert_true((both[1] - both[0]) * (double)nr / 2 < 2 * width);
	}
}

static void edges_are_no_evidence(void **state)
{
	const double zero[] = { 0, 0, 0 }, inf[] = { INFINITY, INFINITY, 1 };
	double ret[2];

	(void)state;
	assert_true(isnan(rank_signed_p(zero, 0)));
	assert_true(rank_signed_p(zero, 3) == 1);
	assert_true(sum_p(zero, 3, zero, 3) == 1);
	assert_true(isnan(sum_p(zero, 0, zero, 3)));
	assert_true(delta_of(zero, 3, zero, 3) == 0);
	assert_true(delta_of(inf, 3, zero, 3) == 1);
	assert_true(isnan(delta_of(inf, 3, zero, 0)));
	assert_true(bootstrap_median(&(struct bootstrap_sample){ 0 }, 10, ret) < 0);
	assert_int_equal(bootstrap_ratio(&(struct bootstrap_sample){ zero, (int[3]){ 0 }, 3 },
	                                 &(struct bootstrap_sample){ zero, (int[3]){ 0 }, 3 }, 10,
	                                 ret),
	                 -EDOM);
}

/* More values than are drawn one by one: the interval is still that of the median. */
static void many_values_are_joined(void **state)
{
	enum { NR = 5000 };
	static double values[NR];
	static int groups[NR];
	const struct bootstrap_sample sample = { values, groups, NR };
	double ret[2];

	(void)state;
	for (int i = 0; i < NR; i++)
		values[i] = 100 + (i * 7919 % NR) * 0.001;
	assert_int_equal(bootstrap_median(&sample, 500, ret), 0);
	assert_true(ret[0] < 102.5 && ret[1] > 102.499);
	assert_true(ret[1] - ret[0] < 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_r),
		cmocka_unit_test(the_least_p_is_reached),
		cmocka_unit_test(large_samples_need_no_drawing),
		cmocka_unit_test(edges_are_no_evidence),
		cmocka_unit_test(many_values_are_joined),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
