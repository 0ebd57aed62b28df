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

#include "cleanup.h"
#include "err.h"
#include "holm.h"
#include "rank.h"
#include "signed_rank.h"
#include "stats.h"
#include "student.h"

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

/* R: p, estimate, both ends of the interval. */
static void check_signed_within(const struct vector *v, double within)
{
	double sorted[VALUES_MAX], got[2];

	memcpy(sorted, v->a.value, v->a.nr * sizeof(*sorted));
	stats_sort(sorted, v->a.nr);
	near(v, signed_rank_p(sorted, v->a.nr), v->want.value[0], within);
	near(v, signed_rank_estimate(sorted, v->a.nr), v->want.value[1], 1e-4);
	assert_true(signed_rank_interval(sorted, v->a.nr, 1 - v->b.value[0], got));
	near(v, got[0], v->want.value[2], fmax(within, 1e-9));
	near(v, got[1], v->want.value[3], fmax(within, 1e-9));
}

static void check_signed(const struct vector *v)
{
	check_signed_within(v, 1e-9);
}

/* Ours is an approximation there, R's is exact. */
static void check_signed_large(const struct vector *v)
{
	check_signed_within(v, 2e-3);
}

static void check_signed_few(const struct vector *v)
{
	double sorted[VALUES_MAX];

	memcpy(sorted, v->a.value, v->a.nr * sizeof(*sorted));
	stats_sort(sorted, v->a.nr);
	near(v, signed_rank_p(sorted, v->a.nr), v->want.value[0], 1e-9);
}

static void check_welch(const struct vector *v)
{
	struct welch got;
	double half;

	assert_true(welch(v->a.value, v->a.nr, v->b.value, v->b.nr, &got));
	near(v, got.difference, v->want.value[0], 1e-9);
	near(v, got.error, v->want.value[1], 1e-9);
	near(v, got.freedom, v->want.value[2], 1e-9);
	near(v, got.p, v->want.value[3], 1e-9);
	half = student_t(0.05, got.freedom) * got.error;
	near(v, got.difference - half, v->want.value[4], 1e-9);
	near(v, got.difference + half, v->want.value[5], 1e-9);
}

static void check_student(const struct vector *v)
{
	near(v, student_t(v->b.value[0], v->a.value[0]), v->want.value[0], 1e-9);
	near(v, student_p(3, v->a.value[0]), v->want.value[1], 1e-9);
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

static const struct {
	const char *kind;
	void (*check)(const struct vector *vector);
} checks[] = {
	{ "signed", check_signed },
	{ "signed_large", check_signed_large },
	{ "signed_few", check_signed_few },
	{ "welch", check_welch },
	{ "student", check_student },
	{ "sum", check_sum },
	{ "holm", check_holm },
	{ "detectable", check_detectable },
	{ "z", check_z },
	{ "deviation", check_deviation },
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
		assert_true(fabs(signed_rank_p(up, n) - signed_rank_least(n)) < 1e-12);
		for (size_t m = 1; m <= 6; m++)
			assert_true(fabs(sum_p(up, n, down, m) - rank_sum_least(n, m)) < 1e-12);
	}
}

/* p and interval are two readings of one test, whatever ties and zeros there are. */
static void p_and_interval_agree(void **state)
{
	static const double levels[] = { 0.2, 0.05, 0.01 };
	unsigned seed = 3;

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		double values[60], ends[2];
		size_t nr = 1 + (size_t)turn % ARRAY_SIZE(values);

		for (size_t i = 0; i < nr; i++) {
			seed = seed * 1664525u + 1013904223u;
			values[i] = (double)(seed >> 8 & 7) - (double)(turn % 5);
		}
		stats_sort(values, nr);
		for (size_t l = 0; l < ARRAY_SIZE(levels); l++) {
			bool found = signed_rank_interval(values, nr, levels[l], ends);

			assert_true((signed_rank_p(values, nr) <= levels[l]) ==
			            (found && (ends[0] > 0 || ends[1] < 0)));
		}
	}
}

static void edges_are_no_evidence(void **state)
{
	const double zero[] = { 0, 0, 0 }, inf[] = { INFINITY, INFINITY, 1 };
	double ret[2];

	(void)state;
	assert_true(isnan(signed_rank_p(zero, 0)));
	assert_true(signed_rank_p(zero, 3) == 1);
	assert_true(sum_p(zero, 3, zero, 3) == 1);
	assert_true(isnan(sum_p(zero, 0, zero, 3)));
	assert_true(delta_of(zero, 3, zero, 3) == 0);
	assert_true(delta_of(inf, 3, zero, 3) == 1);
	assert_true(isnan(delta_of(inf, 3, zero, 0)));
	assert_false(signed_rank_interval(zero, 0, 0.05, ret));
	assert_true(isnan(signed_rank_estimate(zero, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_r),
		cmocka_unit_test(the_least_p_is_reached),
		cmocka_unit_test(p_and_interval_agree),
		cmocka_unit_test(edges_are_no_evidence),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
