/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_arrival.c - arrival times: their rate, their order, their distribution. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrival.h"

static void test_words(void **state)
{
	static const struct {
		const char *text, *again;
	} cases[] = {
		{ "none", "none" },
		{ "1", "1" },
		{ "1000:constant", "1000" },
		{ "20000:poisson", "20000:poisson" },
		{ "100000000", "100000000" },
		{ "0", NULL },
		{ "100000001", NULL },
		{ "", NULL },
		{ "-1", NULL },
		{ "1k", NULL },
		{ "5:", NULL },
		{ ":poisson", NULL },
		{ "5:poisson:2", NULL },
		{ "none:poisson", NULL },
	};
	struct arrival_rate rate;
	struct err err;
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = arrival_parse(cases[i].text, &rate, &err);

		assert_int_equal(rc < 0, !cases[i].again);
		if (rc < 0)
			continue;
		arrival_format(&rate, text, sizeof(text));
		assert_string_equal(text, cases[i].again);
	}
}

/* Three workers share 7 a second: no gap is a whole number of ns, and after an hour none is lost. */
static void test_constant(void **state)
{
	const struct arrival_rate rate = { .per_s = 7 };
	const int64_t begin = 1000000000000, hour = 3600000000000;
	uint64_t nr = 0;

	(void)state;
	for (int worker = 0; worker < 3; worker++) {
		struct arrival arrival;
		int64_t last = begin - 1;

		arrival_start(&arrival, &rate, worker, 3, 1, begin);
		assert_in_range(arrival.next_ns, begin + worker * 142857142ll,
		                begin + worker * 142857143ll);
		for (; arrival.next_ns < begin + hour; nr++) {
			assert_true(arrival.next_ns > last);
			last = arrival.next_ns;
			arrival_advance(&arrival);
		}
	}
	assert_int_equal(nr, 7 * 3600);
}

/* Exponential gaps: mean and standard deviation are the same, and e^-1 of them are longer than the mean. */
static void test_poisson(void **state)
{
	const struct arrival_rate rate = { .per_s = 10000, .poisson = true };
	const int nr = 200000;
	double sum = 0, squares = 0;
	int longer = 0;
	struct arrival arrival;

	(void)state;
	arrival_start(&arrival, &rate, 0, 1, 5, 0);
	for (int i = 0; i < nr; i++) {
		int64_t from = arrival.next_ns;
		double gap;

		arrival_advance(&arrival);
		gap = (double)(arrival.next_ns - from);
		assert_true(gap >= 0);
		sum += gap;
		squares += gap * gap;
		longer += gap > 100000;
	}
	assert_true(fabs(sum / nr - 100000) < 1000);
	assert_true(fabs(sqrt(squares / nr - sum / nr * sum / nr) - 100000) < 2000);
	assert_true(fabs((double)longer / nr - exp(-1)) < 0.005);
}

/* The same seed is the same load, on host and in guest; another worker has another one. */
static void test_seed(void **state)
{
	const struct arrival_rate rate = { .per_s = 1000, .poisson = true };
	struct arrival a, b, c;
	bool differ = false;

	(void)state;
	arrival_start(&a, &rate, 0, 2, 9, 0);
	arrival_start(&b, &rate, 0, 2, 9, 0);
	arrival_start(&c, &rate, 1, 2, 9, 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(a.next_ns, b.next_ns);
		differ |= a.next_ns != c.next_ns;
		arrival_advance(&a);
		arrival_advance(&b);
		arrival_advance(&c);
	}
	assert_true(differ);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_poisson),
		cmocka_unit_test(test_seed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arrival", tests, NULL, NULL);
}
