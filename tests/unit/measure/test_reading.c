/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_reading.c - what a read of a counter means: scaled, exact, never ran, nonsense; and never a division by zero. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err.h"
#include "reading.h"

#define NONE NAN

static const struct {
	struct reading reading;
	enum reading_state state;
	double value;
} cases[] = {
	{ { 1000, 50, 50 }, READING_EXACT, 1000 },
	{ { 1000, 100, 50 }, READING_SCALED, 2000 },
	{ { 1000, 100, 99 }, READING_SCALED, 1000 * 100.0 / 99 },
	{ { 0, 100, 50 }, READING_SCALED, 0 },
	/* a thread that never ran: it was not wanted for a moment, and 0 is the truth */
	{ { 0, 0, 0 }, READING_EXACT, 0 },
	{ { 0, 100, 0 }, READING_NEVER_RAN, NONE },
	{ { 77, 100, 0 }, READING_NEVER_RAN, NONE },
	{ { 1000, 50, 100 }, READING_BROKEN, NONE },
	{ { 1000, 0, 1 }, READING_BROKEN, NONE },
	{ { 1ULL << 63, 50, 50 }, READING_EXACT, 0x1p63 },
	{ { UINT64_MAX, 50, 50 }, READING_EXACT, 0x1p64 },
	{ { 1ULL << 63, UINT64_MAX, 1ULL << 63 }, READING_SCALED, 0x1p64 },
	{ { 1ULL << 63, UINT64_MAX, 1 }, READING_SCALED, 0x1p127 },
	{ { 3, 1ULL << 63, 1ULL << 62 }, READING_SCALED, 6 },
};

static void test_scale(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double value = NONE;

		assert_int_equal(reading_scale(&cases[i].reading, &value), cases[i].state);
		if (isnan(cases[i].value))
			assert_true(isnan(value));
		else
			assert_true(fabs(value - cases[i].value) <= fabs(cases[i].value) * 1e-12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_scale) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
