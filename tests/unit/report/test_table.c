/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_table.c - whole reports against golden files, tests/data/report-*.  `make golden` writes them anew
 * (QLAUNCH_GOLDEN=renew); the change is then read in the diff.  Runs in the project's folder.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "golden.h"
#include "json.h"
#include "report_room.h"
#include "sheet.h"

#define DATA "tests/data/"

static const struct {
	const char *results, *golden;
	struct report_wish wish;
} cases[] = {
	{ "results-quick.jsonl", "report-quick.txt", { .format = REPORT_TABLE } },
	{ "results-quick.jsonl", "report-quick-all.txt", { .all_figures = true } },
	{ "results-quick.jsonl", "report-quick-narrow.txt", { .width = 72, .baseline = "guest" } },
	{ "results-quick.jsonl", "report-quick.csv", { .format = REPORT_CSV } },
	{ "results-quick.jsonl", "report-quick.json", { .format = REPORT_JSON } },
	{ "results-odd.jsonl", "report-odd.txt", { .format = REPORT_TABLE } },
	{ "results-odd.jsonl", "report-odd.csv", { .format = REPORT_CSV } },
	{ "results-odd.jsonl", "report-odd.json", { .format = REPORT_JSON } },
	{ "results-verdicts.jsonl", "report-verdicts.txt", { .format = REPORT_TABLE } },
	{ "results-verdicts.jsonl",
	  "report-verdicts-all.txt",
	  { .all_figures = true, .width = 72 } },
	{ "results-verdicts.jsonl", "report-verdicts.md", { .format = REPORT_MARKDOWN } },
	{ "results-odd.jsonl",
	  "report-odd.md",
	  { .format = REPORT_MARKDOWN, .all_figures = true } },
	{ "results-verdicts.jsonl", "report-verdicts.csv", { .format = REPORT_CSV } },
	{ "results-verdicts.jsonl", "report-verdicts.json", { .format = REPORT_JSON } },
	{ "results-deep.jsonl", "report-deep-all.txt", { .all_figures = true } },
	{ "results-deep.jsonl", "report-deep.txt", { .format = REPORT_TABLE } },
	{ "results-run.jsonl", "report-run.txt", { .format = REPORT_TABLE } },
	{ "results-run.jsonl", "report-run-all.txt", { .all_figures = true } },
	{ "results-run.jsonl", "report-run.md", { .format = REPORT_MARKDOWN } },
	{ "results-run-light.jsonl", "report-run-light.txt", { .format = REPORT_TABLE } },
	{ "results-exits.jsonl", "report-exits.txt", { .format = REPORT_TABLE } },
	{ "results-exits.jsonl", "report-exits-all.txt", { .all_figures = true, .width = 72 } },
	{ "results-exits.jsonl", "report-exits.md", { .format = REPORT_MARKDOWN } },
	{ "results-exits.jsonl", "report-exits.csv", { .format = REPORT_CSV } },
	{ "results-exits.jsonl", "report-exits.json", { .format = REPORT_JSON } },
};

static char *read_whole(const char *path)
{
	CLEANUP(file_close) FILE *file = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	assert_non_null(text);
	if (file)
		assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
	return text;
}

/* json-c before 0.17 writes the end of an empty array on a line of its own. */
static void close_empty_arrays(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		*to++ = *at;
		if (*at == '[' && at[1] == '\n' && at[2 + strspn(at + 2, " ")] == ']')
			at += 1 + strspn(at + 2, " ");
	}
	*to = '\0';
}

static void reports_are_the_golden_ones(void **state)
{
	const char *renew = getenv("QLAUNCH_GOLDEN");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *got = NULL;
		CLEANUP(str_free) char *want = NULL;
		char path[128], results[128];

		snprintf(path, sizeof(path), DATA "%s", cases[i].golden);
		snprintf(results, sizeof(results), DATA "%s", cases[i].results);
		got = report_of(&cases[i].wish, results);
		if (renew) {
			CLEANUP(file_close) FILE *file = fopen(path, "we");

			assert_non_null(file);
			fputs(got, file);
			continue;
		}
		want = read_whole(path);
		print_message("# %s\n", cases[i].golden);
		close_empty_arrays(got);
		close_empty_arrays(want);
		assert_string_equal(got, want);
	}
}

/* No line past the width, no byte that is not printable: whatever the file says. */
static void tables_fit_and_are_printable(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int width = cases[i].wish.width ? cases[i].wish.width : 100, column = 0;
		CLEANUP(str_free) char *text = NULL;
		char results[128];

		if (cases[i].wish.format != REPORT_TABLE)
			continue;
		snprintf(results, sizeof(results), DATA "%s", cases[i].results);
		text = report_of(&cases[i].wish, results);
		for (const char *at = text; *at; at++) {
			column = *at == '\n' ? 0 : column + 1;
			assert_true(column <= width);
			assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
		}
	}
}

/* A run of the letter is a name whole, cut with dots behind it, or goes on in the next line. */
static void check_runs(const char *text, char letter, size_t whole, int width)
{
	for (const char *at = text, *end; *at; at = end) {
		size_t len;

		for (end = at; *end == letter; end++)
			;
		len = (size_t)(end - at);
		end += !len;
		if (len < 3 || len == whole || !strncmp(at + len, "...", 3))
			continue;
		if (at[len] == '\n' && at[len + 1 + strspn(at + len + 1, " ")] == letter)
			return; /* wrapped: nothing is lost */
		fail_msg("width %d: cut without a mark: %.120s", width, at);
	}
}

static void every_cut_has_a_mark(void **state)
{
	char folder[] = "/tmp/qlaunch-test.XXXXXX", path[64], sed[400], out[64], z[91], w[61],
	     q[23];
	const char *const long_names[] = {
		"sed", "-n", "-e", sed, DATA "results-quick.jsonl", NULL
	};

	(void)state;
	memset(z, 'z', sizeof(z));
	memset(w, 'w', sizeof(w));
	memset(q, 'q', sizeof(q));
	z[90] = w[60] = q[22] = '\0';
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/long", folder);
	snprintf(sed, sizeof(sed),
	         "s|\"workload\": \"|&%s|g; s|cpu_events_per_s|%s|g; s|\"unit\": \"1/s\"|\"unit\": "
	         "\"%s\"|g; w %s",
	         z, w, q, path);
	assert_int_equal(command_run(".", long_names, out, sizeof(out)), 0);
	for (int width = 20; width <= 200; width++) {
		struct report_wish wish = { .width = width, .all_figures = width % 2 };
		CLEANUP(str_free) char *text = report_of(&wish, path);

		assert_non_null(strstr(text, "zzz"));
		assert_non_null(strstr(text, "www"));
		assert_non_null(strstr(text, "qqq"));
		check_runs(text, 'z', 90, width);
		check_runs(text, 'w', 60, width);
		check_runs(text, 'q', 22, width);
	}
	unlink(path);
	rmdir(folder);
}

static void json_is_strict_and_complete(void **state)
{
	struct report_wish wish = { .format = REPORT_JSON };
	CLEANUP(str_free) char *text = report_of(&wish, DATA "results-odd.jsonl");
	CLEANUP(json_done) struct json_object *o = NULL;
	struct json_object *list;
	const char *schema;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &o, &err), 0);
	assert_int_equal(json_get_string(o, "", "schema", &schema, &err), 0);
	assert_string_equal(schema, "qlaunch.report/1");
	assert_int_equal(json_get_array(o, "", "comparisons", &list, &err), 0);
	assert_int_equal(json_object_array_length(list), 16); /* 5 arms, 3 figures, and one */
	assert_int_equal(json_get_array(o, "", "hosts_differ_in", &list, &err), 0);
	assert_int_equal(json_object_array_length(list), 2);
}

static void no_spreadsheet_runs_a_cell(void **state)
{
	struct report_wish wish = { .format = REPORT_CSV };
	CLEANUP(str_free) char *text = report_of(&wish, DATA "results-odd.jsonl");

	(void)state;
	assert_non_null(strstr(text, "\n\"'=cmd|' /C calc'!A0\","));
	assert_null(strstr(text, "\n="));
	assert_null(strstr(text, "\n\"="));
	assert_non_null(strstr(text, "\n\"\\x1b[31mred\\x07,\"\"q\"\"\","));
}

static void formats_have_names(void **state)
{
	static const struct {
		const char *text;
		int rc;
		enum report_format format;
	} names[] = {
		{ "table", 0, REPORT_TABLE }, { "csv", 0, REPORT_CSV },
		{ "json", 0, REPORT_JSON },   { "markdown", 0, REPORT_MARKDOWN },
		{ "CSV", -EINVAL, 0 },        { "", -EINVAL, 0 },
		{ "html", 0, REPORT_HTML },   { "a\nb", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		enum report_format format = 0;
		struct err err = { 0 };

		assert_int_equal(report_format_parse(names[i].text, &format, &err), names[i].rc);
		if (!names[i].rc)
			assert_int_equal(format, names[i].format);
		else
			assert_non_null(
			        strstr(err.text, "is not one of table, markdown, csv, json, html"));
	}
}

/* Where the numbers end, the last one is nobody's reason. */
static void no_reason_stands_for_another(void **state)
{
	enum { REASONS = SHEET_REASONS_MAX + 20 };
	CLEANUP(str_free) char *text = NULL;
	static char why[REASONS][16];
	size_t size;
	struct sheet sheet = { .out = open_memstream(&text, &size), .width = 100 };
	char number[16], number_wanted[16];

	(void)state;
	assert_non_null(sheet.out);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < REASONS; i++) {
			int want = i < SHEET_REASONS_MAX - 1 ? i + 1 : SHEET_REASONS_MAX;

			snprintf(why[i], sizeof(why[i]), "reason %d", i);
			sheet_reason(&sheet, why[i], number, sizeof(number));
			snprintf(number_wanted, sizeof(number_wanted), "n/a %d", want);
			assert_string_equal(number, number_wanted);
		}
	}
	sheet_reasons(&sheet);
	fclose(sheet.out);
	assert_non_null(strstr(text, "  n/a 98       reason 97\n  n/a 99       another reason than "
	                             "these: see the JSON report\n"));
	assert_null(strstr(text, "reason 98"));
}

static void refusals_are_sentences(void **state)
{
	static const struct {
		const char *path, *baseline, *words;
		int rc;
	} refused[] = {
		{ DATA "none.jsonl", NULL, "none.jsonl: No such file", -ENOENT },
		{ "/dev/null", NULL, "/dev/null: no qlaunch result line (0 other lines)",
		  -ENODATA },
		{ DATA "report-quick.txt", NULL, "no qlaunch result line (", -ENODATA },
		{ DATA "results-quick.jsonl", "x", "baseline 'x': no such arm; there is 'native'",
		  -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct report_wish wish = { .baseline = refused[i].baseline };
		char *paths[] = { (char *)refused[i].path };
		struct err err = { 0 };

		assert_int_equal(report_write(&wish, paths, 1, stderr, &err), refused[i].rc);
		assert_non_null(strstr(err.text, refused[i].words));
	}
}

static void a_full_disk_is_an_error(void **state)
{
	CLEANUP(file_close) FILE *full = fopen("/dev/full", "we");
	char *paths[] = { (char *)DATA "results-quick.jsonl" };
	struct report_wish wish = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_non_null(full);
	assert_true(report_write(&wish, paths, 1, full, &err) < 0);
	assert_non_null(strstr(err.text, "cannot write the report"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_are_the_golden_ones),
		cmocka_unit_test(tables_fit_and_are_printable),
		cmocka_unit_test(every_cut_has_a_mark),
		cmocka_unit_test(json_is_strict_and_complete),
		cmocka_unit_test(no_spreadsheet_runs_a_cell),
		cmocka_unit_test(formats_have_names),
		cmocka_unit_test(no_reason_stands_for_another),
		cmocka_unit_test(refusals_are_sentences),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
