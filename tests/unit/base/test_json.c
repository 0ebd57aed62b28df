/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_json.c - what strict JSON takes and what its getters refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"

static const struct {
	const char *text;
	bool good;
} texts[] = {
	{ "{}", true },
	{ " [1, 2.5, \"x\", null, true] \n", true },
	{ "1", true },
	{ "-12.5", true },
	{ "[\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"]", true },
	{ "{\"\xc3\xa9\": 1}", true },
	{ "[\"\\\"\xc3\xa9\"]", true },
	{ "", false },
	{ "\xc3\xa9", false },
	{ "[\"\t\"]", false },
	{ "['a']", false },
	{ "[\"\xe0\x80\x80\"]", false },
	{ "{}{}", false },
	{ "1 2", false },
	{ "NaN", false },
	{ "[Infinity]", false },
	{ "{\"a\": -Infinity}", false },
	{ "{\"a\":1,}", false },
	{ "[1] // comment", false },
	{ "\"\xff\xfe\"", false },
	{ "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", false },
	{ "{\"a\"", false },
	{ "\"\\\xa0\"", false }, /* a byte of UTF-8 after a backslash */
	{ "\"\\\xff\xff\xff\"", false },
	{ "\"\\", false },
};

static void parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(json_done) struct json_object *o = NULL;
		struct err err = { 0 };
		int rc = json_parse(texts[i].text, strlen(texts[i].text), &o, &err);

		if (!rc != texts[i].good)
			fail_msg("%s: rc %d %s", texts[i].text, rc, err.text);
		assert_int_equal(!rc, !err.code);
	}
}

/* TID 0 means the caller: none of these may come out as a number. */
static const char *const bad_numbers[] = {
	"{}",
	"{\"n\":null}",
	"{\"n\":\"5\"}",
	"{\"n\":5.5}",
	"{\"n\":true}",
	"{\"n\":[]}",
	"{\"n\":0}",
	"{\"n\":-7}",
	"{\"n\":1099511627776}",
	"{\"n\":{}}",
	"{\"n\":9223372036854775808}",
	"[]",
};

static void numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_numbers); i++) {
		CLEANUP(json_done) struct json_object *o = NULL;
		struct err err = { 0 };
		int64_t value = 77;

		assert_int_equal(json_parse(bad_numbers[i], strlen(bad_numbers[i]), &o, &err), 0);
		assert_true(json_get_i64(o, "reply", "n", 2, 4194304, &value, &err) < 0);
		assert_int_equal(value, 77);
		assert_non_null(strstr(err.text, "reply"));
	}
}

static void extremes(void **state)
{
	static const char text[] = "{\"max\":9223372036854775807,\"big\":18446744073709551615,"
	                           "\"nul\":\"a\\u0000b\",\"d\":3}";
	CLEANUP(json_done) struct json_object *o = NULL;
	struct err err;
	const char *string;
	uint64_t big;
	int64_t max;
	double d;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &o, &err), 0);
	assert_int_equal(json_get_i64(o, "o", "max", INT64_MIN, INT64_MAX, &max, &err), 0);
	assert_true(max == INT64_MAX);
	assert_true(json_get_i64(o, "o", "big", INT64_MIN, INT64_MAX, &max, &err) < 0);
	assert_int_equal(json_get_u64(o, "o", "big", &big, &err), 0);
	assert_true(big == UINT64_MAX);
	assert_int_equal(json_get_double(o, "o", "d", &d, &err), 0);
	assert_true(json_get_string(o, "o", "nul", &string, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(numbers),
		cmocka_unit_test(extremes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
