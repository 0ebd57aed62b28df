/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_jsonscan.c - the grammar of JSON, held against json-c, and the value of its strings. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "json.h"
#include "jsonscan.h"

/* The scanner must not take what json-c refuses, nor the other way round (but json-c takes 00). */
static void the_scanner_agrees_with_json_c(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"[1,2]",
		"[1 2]",
		"[,]",
		"[1,]",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"1",
		"-1",
		"-",
		"+1",
		"1e5",
		"1e",
		"1.5e-3",
		".5",
		"0",

		"0x10",
		"true",
		"tru",
		"null",
		"nullx",
		"\"\"",
		"\"\\\"",
		"\"\\u12\"",
		"\"\\u12G4\"",
		"\"\\u1234\"",
		"'a'",
		"[[[]]",
		"[[]]]",
		"{\"a\":{\"b\":[{}]}}",
		"[\"a\",null,false,-0.5]",
		"//c\n1",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(json_done) struct json_object *o = NULL;
		struct jsonscan scan;
		char text[64];
		bool good;

		snprintf(text, sizeof(text), "[%s]", texts[i]);
		print_message("# %s\n", text);
		good = !json_parse(text, strlen(text), &o, NULL);
		jsonscan_init(&scan, text, strlen(text));
		jsonscan_skip(&scan, NULL);
		assert_int_equal(jsonscan_finish(&scan), good);
	}
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

static void strings_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		struct jsonscan_view view = { strings[i].raw, strlen(strings[i].raw) };
		char buf[16];

		assert_int_equal(jsonscan_decode(&view, buf, strings[i].size), strings[i].len);
		if (strings[i].text)
			assert_string_equal(buf, strings[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_scanner_agrees_with_json_c),
		cmocka_unit_test(strings_are_decoded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
