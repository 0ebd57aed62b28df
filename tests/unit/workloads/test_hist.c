/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_hist.c - buckets, error bound, merging and percentiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "hist.h"
#include "rng.h"

static struct hist one, two, both;

static void test_buckets(void **state)
{
	uint64_t next = 0;

	(void)state;
	for (int i = 0; i < HIST_BUCKETS;
	     i++) { /* no gap, no overlap, every edge in its own bucket */
		assert_int_equal(hist_low_ns(i), next);
		assert_int_equal(hist_index(next), i);
		next += hist_width_ns(i);
		assert_int_equal(hist_index(next - 1), i);
	}
	assert_int_equal(next, 1ull << HIST_MAX_BITS);
	assert_int_equal(hist_index(UINT64_MAX), HIST_BUCKETS - 1);
}

static void test_error_bound(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t ns = rng_next(&rng) >> (64 - HIST_MAX_BITS + i % HIST_MAX_BITS);
		int index = hist_index(ns);
		double middle = (double)hist_low_ns(index) + (double)hist_width_ns(index) / 2;
		double off = middle > (double)ns ? middle - (double)ns : (double)ns - middle;

		assert_true(ns < 128 ? off <= 0.5 : off <= 0.004 * (double)ns);
	}
}

static void test_percentiles(void **state)
{
	static const struct {
		unsigned int ppm;
		uint64_t want;
	} cases[] = {
		{ 500000, 50 }, { 950000, 95 }, { 990000, 99 }, { 10000, 1 }, { 1000000, 100 }
	};

	(void)state;
	memset(&one, 0, sizeof(one));
	assert_int_equal(hist_percentile_ns(&one, 500000), 0);
	for (uint64_t ns = 1; ns <= 100; ns++)
		hist_add(&one, ns, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(hist_percentile_ns(&one, cases[i].ppm), cases[i].want);
	hist_add(&one, 1ull << 50, 1); /* past the last bucket: the largest is still exact */
	assert_int_equal(one.max_ns, 1ull << 50);
	memset(&one, 0, sizeof(one));
	hist_add(&one, 1000001, 3); /* the middle of its bucket is above it */
	assert_int_equal(hist_percentile_ns(&one, 999000), 1000001);
}

static void test_merge(void **state)
{
	struct rng rng;

	(void)state;
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	memset(&both, 0, sizeof(both));
	rng_seed(&rng, 2);
	for (int i = 0; i < 10000; i++) {
		uint64_t ns = rng_below(&rng, 1000000000);

		hist_add(i % 3 ? &one : &two, ns, 1);
		hist_add(&both, ns, 1);
	}
	hist_merge(&one, &two);
	assert_memory_equal(&one, &both, sizeof(one));
}

static void test_carries(void **state)
{
	static const struct {
		unsigned int ppm;
		uint64_t enough;
	} cases[] = { { 999900, 100000 },
		      { 999000, 10000 },
		      { 990000, 1000 },
		      { 950000, 200 },
		      { 500000, 20 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(&one, 0, sizeof(one));
		hist_add(&one, 5, cases[i].enough - 1);
		assert_false(hist_carries(&one, cases[i].ppm));
		hist_add(&one, 5, 1);
		assert_true(hist_carries(&one, cases[i].ppm));
	}
}

/* A percentile below all that had not ended is exact; at and above the least of them, and the maximum, it is a bound. */
static void test_bounds(void **state)
{
	(void)state;
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	hist_add(&one, 1000, 90);
	hist_add(&one, 90000, 5);
	assert_false(hist_is_bound(&one, 1000000));
	for (uint64_t ns = 50000; ns < 50005; ns++)
		hist_add_open(&two, ns);
	hist_merge(&one, &two);
	assert_int_equal(one.count, 100);
	assert_int_equal(one.nr_open, 5);
	assert_int_equal(one.open_min_ns, 50000);
	assert_false(hist_is_bound(&one, 900000));
	assert_true(hist_is_bound(&one, 950000));
	assert_true(hist_is_bound(&one, 990000));
	assert_true(hist_is_bound(&one, 1000000)); /* they may yet last longer than 90000 */
}

static void test_rng(void **state)
{
	struct rng a, b;
	uint64_t seen[8] = { 0 };

	(void)state;
	rng_seed(&a, 7);
	rng_seed(&b, 7);
	for (int i = 0; i < 80000; i++) {
		uint64_t x = rng_below(&a, 8);

		assert_true(x < 8);
		assert_int_equal(x, rng_below(&b, 8));
		seen[x]++;
	}
	for (int i = 0; i < 8; i++)
		assert_in_range(seen[i], 9500, 10500);
	rng_seed(&b, 8);
	assert_int_not_equal(rng_next(&a), rng_next(&b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),     cmocka_unit_test(test_error_bound),
		cmocka_unit_test(test_percentiles), cmocka_unit_test(test_merge),
		cmocka_unit_test(test_carries),     cmocka_unit_test(test_rng),
		cmocka_unit_test(test_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
