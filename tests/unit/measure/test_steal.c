/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_steal.c - /proc/stat's steal, CPU by CPU. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "cleanup.h"
#include "json.h"
#include "steal.h"

static int parse(const char *text, struct steal *ret)
{
	CLEANUP(file_close) FILE *in = fmemopen((char *)text, strlen(text), "r");
	struct err err = { 0 };

	assert_non_null(in);
	return steal_parse(in, ret, &err);
}

static void the_eighth_number_is_taken(void **state)
{
	CLEANUP(steal_done) struct steal steal = { 0 };

	(void)state;
	assert_int_equal(parse("cpu  9 9 9 9 9 9 9 99 0 0\ncpu0 1 2 3 4 5 6 7 80 9 10\n"
	                       "cpu2 1 2 3 4 5 6 7 82 9 10\nintr 5\ncpu3 broken\n",
	                       &steal),
	                 0);
	assert_int_equal(steal.nr, 3);
	assert_int_equal(steal.ticks[0], 80);
	assert_true(steal.ticks[1] == UINT64_MAX); /* offline */
	assert_int_equal(steal.ticks[2], 82);
}

static void other_texts_are_refused(void **state)
{
	static const char *const cases[] = { "intr 5\n", "cpu  1 2 3 4 5 6 7 8\n", "cpu0 1 2 3\n",
		                             "cpu99999 1 2 3 4 5 6 7 8\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct steal steal = { 0 };

		assert_int_equal(parse(cases[i], &steal), -EPROTO);
	}
}

static void the_share_is_of_the_time_with_work(void **state)
{
	struct steal_share share;
	struct err err;

	(void)state;
	assert_int_equal(steal_share("cpu  50 10 20 900 90 5 5 10 7 7\ncpu0 9", NULL, &share, &err),
	                 0);
	assert_float_equal(share.since_boot, 0.1, 1e-9);
	assert_true(isnan(share.lately));
	assert_int_equal(steal_share("cpu  50 10 20 900 90 5 5 10 7 7",
	                             "cpu  58 10 20 990 91 5 5 12 7 7", &share, &err),
	                 0);
	assert_float_equal(share.lately, 0.2, 1e-9);
	/* nothing wanted a CPU: nothing can be said */
	assert_int_equal(steal_share("cpu  50 10 20 900 90 5 5 10 7 7",
	                             "cpu  50 10 20 999 90 5 5 10 7 7", &share, &err),
	                 0);
	assert_true(isnan(share.lately));
	assert_int_equal(steal_share("cpu  0 0 0 9 0 0 0 0 0 0", NULL, &share, &err), 0);
	assert_true(isnan(share.since_boot));
	assert_int_equal(steal_share("cpu  1 2 3\n", NULL, &share, &err), -EPROTO);
}

static double value_of(struct json_object *figures, const char *key)
{
	struct json_object *figure = json_object_object_get(figures, "host_steal_s");

	return json_object_get_double(
	        key ? json_object_object_get(json_object_object_get(figure, "by"), key)
	            : json_object_object_get(figure, "value"));
}

static void the_difference_is_in_seconds(void **state)
{
	CLEANUP(steal_done) struct steal start = { 0 };
	CLEANUP(steal_done) struct steal end = { 0 };
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	const double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);

	(void)state;
	assert_int_equal(parse("cpu0 0 0 0 0 0 0 0 10\ncpu1 0 0 0 0 0 0 0 5\n", &start), 0);
	assert_int_equal(parse("cpu0 0 0 0 0 0 0 0 60\ncpu1 0 0 0 0 0 0 0 5\n", &end), 0);
	steal_figure(&start, &end, NULL, figures);
	assert_true(value_of(figures, NULL) == 50 * tick);
	assert_true(value_of(figures, "cpu/0") == 50 * tick);
	assert_true(value_of(figures, "cpu/1") == 0);
}

static void a_cpu_of_one_end_is_not_known(void **state)
{
	CLEANUP(steal_done) struct steal start = { 0 };
	CLEANUP(steal_done) struct steal end = { 0 };
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	struct json_object *figure;

	(void)state;
	assert_int_equal(parse("cpu0 0 0 0 0 0 0 0 10\n", &start), 0);
	assert_int_equal(parse("cpu0 0 0 0 0 0 0 0 60\ncpu1 0 0 0 0 0 0 0 5\n", &end), 0);
	steal_figure(&start, &end, NULL, figures);
	figure = json_object_object_get(figures, "host_steal_s");
	assert_null(json_object_object_get(figure, "value"));
	assert_non_null(json_object_object_get(figure, "why"));
	assert_true(value_of(figures, "cpu/0") > 0);
	assert_null(json_object_object_get(json_object_object_get(figure, "by"), "cpu/1"));
	steal_figure(&start, &end, "/proc is not mounted", figures);
	assert_string_equal(json_object_get_string(json_object_object_get(
	                            json_object_object_get(figures, "host_steal_s"), "why")),
	                    "/proc is not mounted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_share_is_of_the_time_with_work),
		cmocka_unit_test(the_eighth_number_is_taken),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(the_difference_is_in_seconds),
		cmocka_unit_test(a_cpu_of_one_end_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
