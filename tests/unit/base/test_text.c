/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_text.c - numbers, sizes and durations: what is read is written back to the same value, the rest refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "err.h"
#include "text.h"

static const struct {
	const char *text;
	int64_t ns; /* -1: refused */
	const char *again;
} durations[] = {
	{ "5s", 5000000000, "5s" },
	{ "1.5s", 1500000000, "1500ms" },
	{ "200us", 200000, "200us" },
	{ "0s", 0, "0s" },
	{ "90m", 5400000000000, "90m" },
	{ "1h", 3600000000000, "1h" },
	{ "7ns", 7, "7ns" },
	{ "0.000000001s", 1, "1ns" },
	{ "0.1ns", -1, NULL },
	{ "5", -1, NULL },
	{ "s", -1, NULL },
	{ "", -1, NULL },
	{ "-5s", -1, NULL },
	{ "5 s", -1, NULL },
	{ "1.s", -1, NULL },
	{ "5sec", -1, NULL },
	{ "99999999999h", -1, NULL },
	{ "18446744073709551616s", -1, NULL },
};

static void duration(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		struct err err = { 0 };
		int64_t ns = -7;
		char again[32];
		int rc = text_parse_duration(durations[i].text, &ns, &err);

		if (durations[i].ns < 0) {
			if (!rc || ns != -7 || !err.text[0])
				fail_msg("'%s' was taken", durations[i].text);
			continue;
		}
		if (rc || ns != durations[i].ns)
			fail_msg("'%s': %s", durations[i].text, err.text);
		text_format_duration(ns, again, sizeof(again));
		assert_string_equal(again, durations[i].again);
	}
}

static const struct {
	const char *text;
	uint64_t bytes;
	const char *again; /* NULL: refused */
} sizes[] = {
	{ "4k", 4096, "4k" },       { "4K", 4096, "4k" },       { "512M", 512ull << 20, "512M" },
	{ "1G", 1ull << 30, "1G" }, { "2T", 2ull << 40, "2T" }, { "0", 0, "0" },
	{ "1000", 1000, "1000" },   { "4kb", 0, NULL },         { "k", 0, NULL },
	{ "1.5G", 0, NULL },        { "-1", 0, NULL },          { "99999999999T", 0, NULL },
};

static void size(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct err err = { 0 };
		uint64_t bytes = 7;
		char again[32];
		int rc = text_parse_size(sizes[i].text, &bytes, &err);

		if (!sizes[i].again) {
			if (!rc || bytes != 7)
				fail_msg("'%s' was taken", sizes[i].text);
			continue;
		}
		if (rc || bytes != sizes[i].bytes)
			fail_msg("'%s': %s", sizes[i].text, err.text);
		text_format_size(bytes, again, sizeof(again));
		assert_string_equal(again, sizes[i].again);
	}
}

static void split(void **state)
{
	char text[] = "[0,2],3,{\"a\":1,\"b\":2},", few[] = "a,b,c";
	char *parts[8];

	(void)state;
	assert_int_equal(text_split(text, ',', parts, 8), 4);
	assert_string_equal(parts[0], "[0,2]");
	assert_string_equal(parts[1], "3");
	assert_string_equal(parts[2], "{\"a\":1,\"b\":2}");
	assert_string_equal(parts[3], "");
	assert_true(text_split(few, ',', parts, 2) < 0);
}

static void escape(void **state)
{
	char buf[32], tiny[8];

	(void)state;
	text_escape("a\n\x1b[31m\\", 8, buf, sizeof(buf));
	assert_string_equal(buf, "a\\n\\x1b[31m\\\\");
	text_escape("abcdefghij", 10, tiny, sizeof(tiny));
	assert_true(strlen(tiny) < sizeof(tiny));
	assert_non_null(strstr(tiny, "..."));
}

static void test_plain(void **state)
{
	static const struct {
		const char *text, *plain;
	} lines[] = {
		{ "gr\xc3\xb6\xc3\x9f"
		  "er 1",
		  "gr\xc3\xb6\xc3\x9f"
		  "er 1" },
		{ "\x1b[31mred", "?[31mred" },
		{ "a\nb\tc\x7f", "a?b?c?" },
		{ "\xc2\x9b"
		  "31m",
		  "??31m" }, /* C1's CSI */
		{ "\xe2\x80\xaexe", "???xe" },
		{ "\xe2\x81\xa6x", "???x" },
		{ "\xd8\x9cx", "??x" },
		{ "\x9b", "?" },
		{ "cut \xc3", "cut ?" },
		{ "\xe2\x82\xac", "\xe2\x82\xac" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char text[32];

		text_copy(text, sizeof(text), lines[i].text);
		text_make_plain(text);
		assert_string_equal(text, lines[i].plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(duration), cmocka_unit_test(size),
		cmocka_unit_test(split),      cmocka_unit_test(escape),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
