/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_result_specs.c - an arm whose lines have different knobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cleanup.h"
#include "results.h"

#define S "\"schema\":\"qlaunch.result/1\","

/* Within one workload: --direct may become another for the one that does I/O. */
static void lines_of_an_arm_that_differ_are_said(void **state)
{
	static const struct {
		const char *arm, *workload, *spec;
	} lines[] = {
		{ "a", "cpu", "{\"pin\":\"1\",\"hold\":\"on\"}" },
		{ "a", "cpu", "{\"hold\":\"off\",\"pin\":\"1\"}" },
		{ "a", "randrw", "{\"pin\":\"1\",\"direct\":\"off\"}" },
		{ "b", "cpu", "{\"pin\":\"1\",\"bs\":\"4k\"}" },
		{ "b", "cpu", "{\"pin\":\"2\"}" },
		{ "b", "cpu", "{\"pin\":\"2\"}" },
		{ "b", "cpu", "{\"pin\":\"1\",\"bs\":\"4k\"}" },
		{ "c", "cpu", "7" },
		{ "c", "cpu", "null" },
		{ "c", "cpu", "{}" },
	};
	CLEANUP(results_free) struct results *r = results_new();

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char line[256];
		int n = snprintf(line, sizeof(line),
		                 "{" S
		                 "\"arm\":\"%s\",\"workload\":\"%s\",\"repeat\":%zu,\"spec\":%s}",
		                 lines[i].arm, lines[i].workload, i, lines[i].spec);

		assert_int_equal(results_read_line(r, line, (size_t)n, true), 0);
	}
	assert_int_equal(results_finish(r), 0);
	assert_int_equal(r->warnings.nr, 1);
	assert_string_equal(names_at(&r->warnings, 0),
	                    "the lines of arm 'b' differ in --pin, --bs");
	assert_int_equal(r->nr_warned[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_an_arm_that_differ_are_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
