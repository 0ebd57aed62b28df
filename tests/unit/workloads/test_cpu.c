/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu.c - the prime event is sysbench's: same primes, same number of divisions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu.h"
#include "text.h"

/* sysbench 1.0's loop, word for word in meaning, with the divisions counted one by one. */
static struct cpu_event as_sysbench(unsigned long long max_prime)
{
	struct cpu_event event = { 0 };

	for (unsigned long long c = 3, l; c < max_prime; c++) {
		double t = sqrt((double)c);

		for (l = 2; (double)l <= t; l++) {
			event.divisions++;
			if (c % l == 0)
				break;
		}
		event.primes += (double)l > t;
	}
	return event;
}

static void test_oracle(void **state)
{
	static const struct {
		uint64_t max_prime, primes;
	} cases[] = { { 3, 0 },      { 4, 1 },        { 100, 24 },
		      { 1000, 167 }, { 10000, 1228 }, { 20000, 2261 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cpu_event want = as_sysbench(cases[i].max_prime);
		struct cpu_event got = cpu_event_run(cases[i].max_prime);

		assert_int_equal(got.primes, cases[i].primes);
		assert_int_equal(got.primes, want.primes);
		assert_int_equal(got.divisions, want.divisions);
	}
	assert_int_equal(as_sysbench(CPU_MAX_PRIME).primes, CPU_PRIMES);
	assert_int_equal(as_sysbench(CPU_MAX_PRIME).divisions, CPU_DIVISIONS);
}

/* The handicap's work is of the same kind, and no more than a candidate too much. */
static void test_extra(void **state)
{
	static const uint64_t wanted[] = { 1, 100, 15063, CPU_DIVISIONS, 3 * CPU_DIVISIONS };

	(void)state;
	assert_int_equal(cpu_extra_run(0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_in_range(cpu_extra_run(wanted[i]), wanted[i], wanted[i] + 141);
}

/* Only what ends inside the window counts. */
static void test_window(void **state)
{
	struct window window = { .begin_ns = 100, .end_ns = INT64_MAX };

	(void)state;
	assert_false(window_holds(&window, 99));
	assert_true(window_holds(&window, 100));
	window.end_ns = 200;
	assert_true(window_holds(&window, 200));
	assert_false(window_holds(&window, 201));
	window.begin_ns = INT64_MAX;
	assert_false(window_holds(&window, 150));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_window),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
