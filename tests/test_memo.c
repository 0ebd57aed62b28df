/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_memo.c - what the reader remembers of lines before changes no line's meaning; its quick ways agree with the plain. */
#include <ctype.h>
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
#include "jsonpairs.h"
#include "jsonscan.h"
#include "jsonshape.h"
#include "results.h"
#include "sort.h"

static const char line[] =
        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\",\"workload\":\"cpu\",\"block\":1,\"repeat\":2,"
        "\"primary\":\"f\",\"spec\":{\"where\":\"guest\",\"cache\":\"none\",\"direct\":\"on\",\"n\":-1.5},"
        "\"host\":{\"cpu_model\":\"x\"},\"figures\":{\"f\":{\"value\":12.50,\"unit\":\"ns\","
        "\"better\":\"lower\",\"by\":{\"vcpu/0\":1e-3,\"x\":null}},\"g\":{\"value\":null,"
        "\"unit\":\"1\",\"better\":\"none\",\"why\":\"none \\u00e9\"}},\"threads\":[{\"tid\":71,"
        "\"name\":\"\",\"is\":true}],\"histograms\":{\"h\":[[1,2],[30,4]]}}";

static void same_value(const struct results *a, size_t i, const struct results *b, size_t j)
{
	const struct result_value *x = &a->value[i], *y = &b->value[j];

	assert_string_equal(names_at(&a->figures, x->figure), names_at(&b->figures, y->figure));
	/* only one who has seen the line before can tell that the unit is another one */
	if (isnan(x->value) &&
	    !strcmp(names_at(&a->reasons, x->why), "recorded in another unit than before"))
		return;
	assert_int_equal(isnan(x->value), isnan(y->value));
	if (isnan(x->value))
		assert_string_equal(names_at(&a->reasons, x->why), names_at(&b->reasons, y->why));
	else
		assert_true(x->value == y->value && x->share == y->share);
}

/* The same text to one who knows the line, and to one who has seen none. */
static void read_both(const char *text, size_t len)
{
	CLEANUP(results_free) struct results *knows = results_new();
	CLEANUP(results_free) struct results *plain = results_new();
	size_t first;

	assert_true(knows && plain);
	for (int i = 0; i < 2; i++)
		assert_int_equal(results_read_line(knows, line, sizeof(line) - 1, true), 0);
	assert_int_equal(knows->nr_trials, 2);
	first = knows->nr_values;
	assert_int_equal(results_read_line(knows, text, len, true), 0);
	assert_int_equal(results_read_line(plain, text, len, true), 0);
	assert_int_equal(results_nr_skipped(knows), results_nr_skipped(plain));
	assert_int_equal(knows->nr_trials, 2 + plain->nr_trials);
	assert_int_equal(knows->nr_values, first + plain->nr_values);
	if (!plain->nr_trials)
		return;
	for (size_t i = 0; i < plain->nr_values; i++)
		same_value(knows, first + i, plain, i);
	assert_int_equal(knows->trial[2].reads, plain->trial[0].reads);
}

static void a_changed_byte_means_the_same(void **state)
{
	static const char others[] = "0x9\",}]{[-.:\\";

	(void)state;
	for (size_t at = 0; at < sizeof(line) - 1; at++) {
		for (size_t i = 0; i < sizeof(others) - 1; i++) {
			char text[sizeof(line)];

			memcpy(text, line, sizeof(text));
			text[at] = others[i];
			read_both(text, sizeof(line) - 1);
		}
	}
}

static void a_longer_or_shorter_piece_means_the_same(void **state)
{
	static const char *const pieces[] = { "",   "1",      "00",         "true", "e5", "\"\"",
		                              ",1", ",[3,4]", ",\"k\":[1]", " ",    "\\n" };

	(void)state;
	for (size_t at = 0; at < sizeof(line) - 1; at += 2) {
		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
			char text[sizeof(line) + 32];
			int len = snprintf(text, sizeof(text), "%.*s%s%s", (int)at, line, pieces[i],
			                   line + at + (i == 0));

			read_both(text, (size_t)len);
		}
	}
}

/* json-c takes 01. */
static bool has_leading_zero(const char *text)
{
	for (const char *at = strchr(text, '0'); at; at = strchr(at + 1, '0')) {
		char before = at == text ? ' ' : at[-1];

		if (!isdigit((unsigned char)before) && isdigit((unsigned char)at[1]))
			return true;
	}
	return false;
}

/* Long arrays of pairs, then with one byte changed: json-c is the judge. */
static void pairs_agree_with_json_c(void **state)
{
	static const char others[] = "0,[]x- "; /* json-c takes 2. */
	char good[400] = "[[0,1],[20,3]", text[400];
	size_t len = strlen(good);

	(void)state;
	for (int i = 1; i < 24; i++)
		len += (size_t)snprintf(good + len, sizeof(good) - len, ",[%d,%d]",
		                        i * i * 37 % 5000, i * 13 % 101);
	len += (size_t)snprintf(good + len, sizeof(good) - len, "]");
	assert_true(jsonpairs_pass(good + 1, good + len) - good > 128);
	for (size_t at = 0; at < len; at++) {
		for (size_t i = 0; i < sizeof(others) - 1; i++) {
			CLEANUP(json_done) struct json_object *o = NULL;
			struct jsonscan scan;

			memcpy(text, good, len + 1);
			text[at] = others[i];
			jsonscan_init(&scan, text, len);
			jsonscan_skip(&scan, NULL);
			if (jsonscan_finish(&scan) !=
			    (!json_parse(text, len, &o, NULL) && !has_leading_zero(text)))
				fail_msg("%s", text);
		}
	}
}

static void numbers_are_the_nearest_double(void **state)
{
	static const char *const texts[] = {
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
		"123456789012345678901234567890",
		"1.7976931348623157e308",
		"4.9e-324",
		"2.2250738585072011e-308",
		"0.00000000000000000000000000000000001",
		"-1.5E+3",
		"1e0000000005",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct jsonscan scan;
		double got, want = strtod(texts[i], NULL);

		jsonscan_init(&scan, texts[i], strlen(texts[i]));
		assert_true(jsonscan_number(&scan, &got));
		assert_memory_equal(&got, &want, sizeof(got));
	}
	for (int i = 0; i < 200000; i++) {
		struct jsonscan scan;
		char text[64];
		double got, want;

		snprintf(text, sizeof(text), "%.*g", 1 + i % 17,
		         ldexp((double)(i * 7919 % 1000003), i % 120 - 60));
		want = strtod(text, NULL);
		jsonscan_init(&scan, text, strlen(text));
		assert_true(jsonscan_number(&scan, &got));
		assert_memory_equal(&got, &want, sizeof(got));
	}
}

static void any_length_is_sorted_and_stable(void **state)
{
	static double values[3000];

	(void)state;
	for (size_t nr = 0; nr < ARRAY_SIZE(values); nr += nr < 40 ? 1 : 211) {
		CLEANUP(sorted_free) struct sorted *list = NULL;

		for (size_t i = 0; i < nr; i++)
			values[i] = (double)(i * 7919 % 101) * (i % 3 ? 1 : -1e-300) *
			            (i % 7 ? 1 : 0);
		list = sort_values(values, nr);
		assert_non_null(list);
		for (size_t i = 0; i < nr; i++)
			assert_true(list[i].value == values[list[i].at]);
		for (size_t i = 1; i < nr; i++)
			assert_true(list[i - 1].value < list[i].value ||
			            (list[i - 1].value == list[i].value &&
			             list[i - 1].at < list[i].at));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_byte_means_the_same),
		cmocka_unit_test(a_longer_or_shorter_piece_means_the_same),
		cmocka_unit_test(pairs_agree_with_json_c),
		cmocka_unit_test(numbers_are_the_nearest_double),
		cmocka_unit_test(any_length_is_sorted_and_stable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
