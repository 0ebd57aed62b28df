/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_reason_reports.c - exits, preemptors and who watched, as the reports have them: with the lab's lines in tests/data
 * (whole reports of them: test_table.c), and with trials made here.  Runs in the project's folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "compare.h"
#include "csv.h"
#include "markdown.h"
#include "report_room.h"
#include "results.h"
#include "table.h"

#define LINES "tests/data/results-exits.jsonl"

/* What the golden files of this recorded file of KVM in the lab do not show: every column, and markdown's vCPUs. */
static void all_figures_have_all_columns(void **state)
{
	static const struct report_wish table = { .all_figures = true },
	                                markdown = { .format = REPORT_MARKDOWN,
		                                     .all_figures = true };
	CLEANUP(str_free) char *wide = report_of(&table, LINES);
	CLEANUP(str_free) char *marked = report_of(&markdown, LINES);

	(void)state;
	if (!strstr(wide, "interrupt                      138    15.9 %   5.94 ms   43.0 us   "
	                  "34.8 us     n/a 2    362 us\n"))
		fail_msg("%s", wide);
	if (!strstr(marked, "| guest two | msr | vcpu/10 | 799 |"))
		fail_msg("%s", marked);
}

/* Whoever reads columns by their number finds them where they were; every row has all of them. */
static void csv_columns_are_added_at_the_end(void **state)
{
	static const char head[] =
	        "arm,workload,figure,unit,better,primary,n,median,spread,min,max,baseline,"
	        "baseline_median,ratio,ci95_low,ci95_high,p,p_holm,effect,mde,verdict,paired,page_cache,"
	        "why,skipped_lines,observe,accel,kind,of,tid,count,share,time_s,mean_s,p50_ns,p99_ns,"
	        "max_ns,counted_share,gap_recovered,gap_low,gap_high,interval_level,interval_low,interval_high,why_unbounded,"
	        "ratio_of_medians,claim,theirs\n";
	const struct report_wish wish = { .format = REPORT_CSV };
	CLEANUP(str_free) char *text = report_of(&wish, LINES);
	int columns = 0, lines = 0;
	bool quoted = false;

	(void)state;
	assert_memory_equal(text, head, strlen(head));
	for (const char *at = text; *at; at++) {
		quoted ^= *at == '"';
		columns += *at == ',' && !quoted;
		if (*at != '\n')
			continue;
		assert_int_equal(columns, 47);
		columns = 0;
		lines++;
	}
	assert_true(lines > 40);
}

/* A preemptor that one trial names may be among the other trial's rest: then the reports say "at least", else not. */
static void means_may_be_too_low(void **state)
{
	static const struct {
		const char *more; /* of the second trial */
		int trials;
		bool said;
	} cases[] = {
		{ "{\"pairs\":1,\"count\":3,\"time_s\":0.1,\"lost\":0}", 2, true },
		{ "{\"pairs\":0,\"count\":0,\"time_s\":0,\"lost\":0}", 2, false },
		{ "{\"pairs\":1,\"count\":3,\"time_s\":0.1,\"lost\":0}", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(results_free) struct results *results = results_new();
		CLEANUP(comparisons_done) struct comparisons c = { 0 };
		CLEANUP(str_free) char *text = NULL;
		char members[256];
		size_t size;
		FILE *out = open_memstream(&text, &size);

		for (int trial = 0; trial < cases[i].trials; trial++) {
			snprintf(members, sizeof(members),
			         "\"preemptors\":[{\"comm\":\"p%d\",\"count\":5,\"time_s\":1,"
			         "\"victim\":\"v\"}],\"preemptors_more\":%s",
			         trial, cases[i].more);
			add_line(results, "a", trial, members);
		}
		compare_lines(results, &c);
		table_write(results, &c, 100, false, false, NULL, out);
		fflush(out);
		assert_int_equal(!!strstr(text, "a trial's line does not name"), cases[i].said);
		rewind(out);
		markdown_write(results, &c, false, NULL, out);
		fclose(out);
		assert_int_equal(!!strstr(text, "a trial's line does not name"), cases[i].said);
	}
}

/* A level may be "light + trace": what stands between two is no part of either. */
static void csv_parts_levels(void **state)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(str_free) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	add_line(results, "a", 0, "\"observe\":\"light\",\"trace\":{\"events\":3}");
	add_line(results, "a", 1, "\"observe\":\"deep\"");
	compare_lines(results, &c);
	assert_int_equal(csv_write(results, &c, NULL, out), 0);
	fclose(out);
	if (!strstr(text, ",0,\"light + trace; deep\",,figure,"))
		fail_msg("%s", text);
}

/* A name that does not fit is cut where a word ends, and where it has none anywhere. */
static void names_are_cut_at_words(void **state)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(str_free) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	add_line(
	        results, "a", 0,
	        "\"preemptors\":[{\"comm\":\"a name of many words that goes on\",\"tid\":4711,\"count\":1,"
	        "\"time_s\":2,\"victim\":\"emulator/0\"},{\"comm\":"
	        "\"0123456789012345678901234567890123456789\",\"count\":1,\"time_s\":1,\"victim\":\"v\"}]");
	compare_lines(results, &c);
	table_write(results, &c, 72, false, false, NULL, out);
	fclose(out);
	if (!strstr(text, "\n      a name of many words that goes on...  ") ||
	    !strstr(text, "\n      012345678901234567890123456789012...    "))
		fail_msg("%s", text);
}

#define COST(value)                                                                                \
	"\"figures\":{\"observer_cost\":{\"unit\":\"1\",\"better\":\"lower\",\"value\":" value "}}"

/* Who watched is said for every level, also where nothing but the kernel's own counts was read. */
static void every_level_is_said(void **state)
{
	static const struct {
		const char *members[2], *says;
	} levels[] = {
		{ { "\"observe\":\"light\"," COST("0") },
		  "observed by  light, at no cost inside the window (figure observer_cost)\n" },
		{ { "\"observe\":\"light\"," COST("null,\"why\":\"a trace is not in it\"") },
		  "observed by  light, whose cost is not known: a trace is not in it (figure" },
		{ { "\"observe\":\"light\",\"figures\":{}" },
		  "observed by  light, whose cost is not known: the lines do not say\n" },
		{ { "\"observe\":\"light\"," COST("0"), "\"observe\":\"deep\"," COST("0.02") },
		  "observed by  light, at no cost inside the window; deep, which took 2 % of the "
		  "threads' CPU time,\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		CLEANUP(results_free) struct results *results = results_new();
		CLEANUP(comparisons_done) struct comparisons c = { 0 };
		CLEANUP(str_free) char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		for (int j = 0; j < 2 && levels[i].members[j]; j++) {
			char line[512];
			int len = snprintf(line, sizeof(line),
			                   "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%d\",%s}", j,
			                   levels[i].members[j]);

			assert_int_equal(results_read_line(results, line, (size_t)len, true), 0);
		}
		compare_lines(results, &c);
		table_write(results, &c, 100, false, false, NULL, out);
		fclose(out);
		if (!strstr(text, levels[i].says))
			fail_msg("%s", text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_figures_have_all_columns),
		cmocka_unit_test(csv_columns_are_added_at_the_end),
		cmocka_unit_test(means_may_be_too_low),
		cmocka_unit_test(csv_parts_levels),
		cmocka_unit_test(names_are_cut_at_words),
		cmocka_unit_test(every_level_is_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
