/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_share.c - a figure whose event shared the PMU shows in every report how much of the time it was counted, and no
 * other figure does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "json.h"
#include "report_room.h"
#include "scale.h"

#define ARMS 3

/* Of an arm's trials the least counts: 0.9 and 0.43; 1.5 and -1 are no shares; and one that is counted always. */
static const char *const shares[ARMS][2] = {
	{ ",\"by\":{\"vcpu\":9},\"share\":0.9", ",\"share\":0.43" },
	{ ",\"share\":1.5", ",\"share\":-1" },
	{ "", ",\"share\":0.00001" },
};

static char path[] = "/tmp/qlaunch-test-share.XXXXXX";

static int write_results(void **state)
{
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	(void)state;
	if (!file)
		return -1;
	for (int i = 0; i < 2 * ARMS; i++)
		fprintf(file,
		        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"arm%d\",\"workload\":\"cpu\","
		        "\"seed\":1,\"block\":%d,\"repeat\":%d,\"primary\":\"ops\",\"figures\":{"
		        "\"ops\":{\"value\":%d,\"unit\":\"1/s\",\"better\":\"higher\"},"
		        "\"ipc\":{\"value\":2,\"unit\":\"1\",\"better\":\"higher\"%s},"
		        "\"gone\":{\"value\":null,\"unit\":\"1\",\"why\":\"no\",\"share\":0.5}}}\n",
		        i / 2, i % 2, i % 2, 100 + i, shares[i / 2][i % 2]);
	return fclose(file);
}

static int remove_results(void **state)
{
	(void)state;
	return unlink(path);
}

static char *whole_report(enum report_format format, int width)
{
	const struct report_wish wish = { .format = format, .width = width, .all_figures = true };

	return report_of(&wish, path);
}

static size_t count(const char *text, const char *word)
{
	size_t nr = 0;

	for (text = strstr(text, word); text; text = strstr(text + 1, word))
		nr++;
	return nr;
}

static void the_terminal_shows_it_in_the_row(void **state)
{
	static const int widths[] = { 100, 72 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		CLEANUP(str_free) char *text = whole_report(REPORT_TABLE, widths[i]);

		assert_int_equal(count(text, "\n    arm0 [43 %]"), 1);
		assert_int_equal(count(text, "\n    arm2 [<1 %]"), 1);
		assert_int_equal(count(text, " %]"), 3); /* and the legend */
		assert_non_null(strstr(text, "\n  [43 %]       counted only so much of the time"));
	}
}

static void markdown_shows_it_beside_the_median(void **state)
{
	CLEANUP(str_free) char *text = whole_report(REPORT_MARKDOWN, 0);

	(void)state;
	assert_non_null(strstr(text, "| arm0 | 2 | 2 (counted 43 % of the time) |"));
	assert_non_null(strstr(text, "| arm2 | 2 | 2 (counted &lt;1 % of the time) |"));
	assert_int_equal(count(text, "(counted"), 2);
}

static void assert_last_cell(const char *text, const char *row, const char *end)
{
	const char *at = strstr(text, row);

	assert_non_null(at);
	at = strchr(at + 1, '\n') + 1 - strlen(end);
	assert_memory_equal(at, end, strlen(end));
}

static void csv_has_a_column(void **state)
{
	CLEANUP(str_free) char *text = whole_report(REPORT_CSV, 0);

	(void)state;
	assert_non_null(strstr(text, ",max_ns,counted_share,gap_recovered,gap_low,gap_high,"));
	assert_last_cell(text, "\narm0,cpu,ipc,", ",0.43,,,,,,,,,,\n");
	assert_last_cell(text, "\narm1,cpu,ipc,", ",,,,,,,,,yes,,\n");
	assert_last_cell(text, "\narm2,cpu,ipc,", ",0.0001,,,,,,,,yes,,\n");
}

/* Of arm i and figure "ipc" of the JSON report; 1 where it has none. */
static double share_of(struct json_object *list, const char *arm, const char *figure)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i), *share;

		if (strcmp(json_object_get_string(json_object_object_get(row, "arm")), arm) ||
		    strcmp(json_object_get_string(json_object_object_get(row, "figure")), figure))
			continue;
		return json_object_object_get_ex(row, "share", &share)
		               ? json_object_get_double(share)
		               : 1;
	}
	fail_msg("no %s of %s", figure, arm);
	return 0;
}

static void json_has_a_member(void **state)
{
	CLEANUP(str_free) char *text = whole_report(REPORT_JSON, 0);
	CLEANUP(json_done) struct json_object *o = NULL;
	struct json_object *list;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &o, NULL), 0);
	assert_int_equal(json_get_array(o, "", "comparisons", &list, NULL), 0);
	assert_true(share_of(list, "arm0", "ipc") == 0.43);
	assert_true(share_of(list, "arm1", "ipc") == 1);
	assert_true(share_of(list, "arm2", "ipc") == 0.0001);
	assert_true(share_of(list, "arm0", "ops") == 1);
	assert_true(share_of(list, "arm0", "gone") == 1);
}

static void no_share_is_rounded_up_to_all(void **state)
{
	static const struct {
		double share;
		const char *text;
	} cases[] = {
		{ 0.9999, "99 %" }, { 0.43, "43 %" },   { 0.29, "29 %" },
		{ 0.01, "1 %" },    { 0.0099, "<1 %" }, { 0.0001, "<1 %" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[16];

		scale_format_share(cases[i].share, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void more_than_nothing_is_not_0(void **state)
{
	static const struct {
		double value;
		const char *part, *count;
	} cases[] = {
		{ 0, "0.0 %", "0" },          { 0.000001, "<0.1 %", "<0.1" },
		{ 0.0004, "<0.1 %", "<0.1" }, { 0.0006, "0.1 %", "<0.1" },
		{ 0.04, "4.0 %", "<0.1" },    { 0.06, "6.0 %", "0.1" },
		{ 1, "100.0 %", "1" },        { 1.5, "150.0 %", "1.5" },
		{ 10.4, "1040.0 %", "10" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[16];

		scale_format_part(cases[i].value, text, sizeof(text));
		assert_string_equal(text, cases[i].part);
		scale_format_count(cases[i].value, text, sizeof(text));
		assert_string_equal(text, cases[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_terminal_shows_it_in_the_row),
		cmocka_unit_test(markdown_shows_it_beside_the_median),
		cmocka_unit_test(csv_has_a_column),
		cmocka_unit_test(json_has_a_member),
		cmocka_unit_test(no_share_is_rounded_up_to_all),
		cmocka_unit_test(more_than_nothing_is_not_0),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, write_results, remove_results);
}
