/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_result_parts.c - the grammar of a result line, and the values of its strings and numbers. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "json.h"
#include "result_parts.h"
#include "results.h"

static const struct {
	const char *text;
	bool good;
} texts[] = {
	{ "{}", true },
	{ "[]", true },
	{ "[1,2]", true },
	{ "[1 2]", false },
	{ "[,]", false },
	{ "[1,]", false },
	{ "{\"a\":}", false },
	{ "{\"a\":1,}", false },
	{ "{a:1}", false },
	{ "{\"a\":1,\"a\":1}", false },
	{ "{\"a\":1,\"\\u0061\":1}", false },
	{ "1", true },
	{ "-1", true },
	{ "-", false },
	{ "+1", false },
	{ "1e5", true },
	{ "1e-05", true },
	{ "1e", false },
	{ "1.5e-3", true },
	{ "1.e3", false },
	{ ".5", false },
	{ "2.", false },
	{ "0", true },
	{ "00", false },
	{ "-01", false },
	{ "01.5", false },
	{ "0x10", false },
	{ "1e999", false },
	{ "true", true },
	{ "tru", false },
	{ "null", true },
	{ "nullx", false },
	{ "\"\"", true },
	{ "\"\\\"", false },
	{ "\"\\u12\"", false },
	{ "\"\\u12G4\"", false },
	{ "\"\\u1234\"", true },
	{ "'a'", false },
	{ "[[[]]", false },
	{ "[[]]]", false },
	{ "{\"a\":{\"b\":[{}]}}", true },
	{ "[\"a\",null,false,-0.5]", true },
	{ "//c\n1", false },
	{ "", true },
};

/* Also in a member that a report does not use. */
static void a_line_that_is_no_json_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(results_free) struct results *results = results_new();
		char line[128];

		assert_non_null(results);
		snprintf(line, sizeof(line),
		         "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\",\"other\":[%s]}",
		         texts[i].text);
		print_message("# %s\n", line);
		assert_int_equal(results_read_line(results, line, strlen(line), true), 0);
		assert_int_equal(results->nr_trials, texts[i].good);
		assert_int_equal(results->skipped.broken, !texts[i].good);
	}
}

static void a_nul_is_no_json(void **state)
{
	static const char line[] = "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\"}\0";
	CLEANUP(results_free) struct results *results = results_new();

	(void)state;
	assert_non_null(results);
	assert_int_equal(results_read_line(results, line, sizeof(line) - 1, true), 0);
	assert_int_equal(results->skipped.broken, 1);
	assert_int_equal(results_read_line(results, line, sizeof(line) - 2, true), 0);
	assert_int_equal(results->nr_trials, 1);
}

static const struct {
	const char *raw;
	size_t size;
	int len;
	const char *text;
} strings[] = {
	{ "abc", 16, 3, "abc" },
	{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", 16, 8, "\"\\/\b\f\n\r\t" },
	{ "\\u0041\\u00e9\\u20AC", 16, 6, "A\xc3\xa9\xe2\x82\xac" },
	{ "\\ud83d\\ude00", 16, 4, "\xf0\x9f\x98\x80" },
	{ "a\xe2\x82\xac", 4, 4, "a" }, /* cut before the character that does not fit */
	{ "a\xe2\x82\xac"
	  "b",
	  5, 5, "a\xe2\x82\xac" },
	{ "\\ud83dx", 16, -EINVAL, NULL },
	{ "\\ude00", 16, -EINVAL, NULL },
	{ "\xc0\x80", 16, -EINVAL, NULL },
	{ "\xed\xa0\x80", 16, -EINVAL, NULL },
	{ "\xf4\x90\x80\x80", 16, -EINVAL, NULL },
	{ "\xe2\x82", 16, -EINVAL, NULL },
	{ "\x80", 16, -EINVAL, NULL },
};

/* One that is no UTF-8, or half a surrogate pair, is no JSON. */
static void strings_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		CLEANUP(json_done) struct json_object *o = NULL;
		char buf[16], text[64];
		int rc;

		snprintf(text, sizeof(text), "\"%s\"", strings[i].raw);
		rc = json_parse(text, strlen(text), &o, NULL);
		assert_int_equal(rc ? rc : part_text(o, buf, strings[i].size), strings[i].len);
		if (strings[i].text)
			assert_string_equal(buf, strings[i].text);
	}
}

static int number_of(const char *text, double *ret)
{
	CLEANUP(json_done) struct json_object *o = NULL;

	int rc = json_parse(text, strlen(text), &o,
	                    NULL); /* json-c 0.18 refuses what it cannot keep */

	return rc ? rc : part_number(o, ret);
}

static void numbers_are_the_nearest_double(void **state)
{
	static const char *const numbers[] = {
		"0",
		"-0",
		"0.1",
		"49979.930",
		"0.35288937600000003",
		"6.39e-06",
		"1e22",
		"1e23",
		"9007199254740993",
		"9007199254740992.5",
		"123456789012345678901234567890.0",
		"18446744073709551614",
		"1.7976931348623157e308",
		"4.9e-324",
		"2.2250738585072011e-308",
		"0.00000000000000000000000000000000001",
		"-1.5E+3",
		"1e0000000005",
	};

	/* json-c keeps the nearest number of 64 bits, which is another one */
	static const char *const too_large[] = { "123456789012345678901234567890",
		                                 "-123456789012345678901234567890" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		double got, want = strtod(numbers[i], NULL);

		assert_int_equal(number_of(numbers[i], &got), 0);
		assert_true(got == want);
	}
	for (size_t i = 0; i < ARRAY_SIZE(too_large); i++) {
		double got;

		assert_int_equal(number_of(too_large[i], &got), -EINVAL);
	}
	for (int i = 0; i < 200000; i++) {
		char text[64];
		double got, want;

		snprintf(text, sizeof(text), "%.*g", 1 + i % 17,
		         ldexp((double)(i * 7919 % 1000003), i % 120 - 60));
		want = strtod(text, NULL);
		/* without point and exponent and past 64 bits it is refused */
		if (!number_of(text, &got))
			assert_memory_equal(&got, &want, sizeof(got));
		else
			assert_true(want >= 0x1p63 && !strpbrk(text, ".e"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_is_no_json_is_refused),
		cmocka_unit_test(a_nul_is_no_json),
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(numbers_are_the_nearest_double),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
