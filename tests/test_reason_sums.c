/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_reason_sums.c - exits and preemptors summed up over an arm's trials, and in the reports: with the lab's lines in
 * tests/data (whole reports of them: test_table.c), and with trials made here.  Runs in the project's folder.
 */
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
#include "compare.h"
#include "report_room.h"
#include "results.h"
#include "table.h"

#define LINES "tests/data/results-exits.jsonl"

static void add_line(struct results *results, const char *arm, int repeat, const char *members)
{
	char line[4096];
	int len = snprintf(
	        line, sizeof(line),
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"cpu\",\"block\":0,"
	        "\"repeat\":%d,\"seed\":1,\"started\":\"%d\",\"figures\":{\"f\":{\"value\":%d,\"unit\":\"1\",\"better\":"
	        "\"higher\"}},%s}",
	        arm, repeat, repeat, repeat + 1, members);

	assert_true(len > 0 && (size_t)len < sizeof(line));
	assert_int_equal(results_read_line(results, line, (size_t)len, true), 0);
}

static void compare(struct results *results, struct comparisons *ret)
{
	assert_int_equal(results->skipped.broken, 0);
	assert_int_equal(results_finish(results), 0);
	assert_int_equal(compare_make(results, NULL, ret, NULL), 0);
}

static const struct reason_group *group_of(const struct comparisons *c, size_t i)
{
	assert_true(i < c->reasons.nr);
	return &c->reasons.group[i];
}

/* 30 and 10 exits and 8 and no preemptions in two trials; the second trial there once more. */
static void means_are_over_all_trials(void **state)
{
	static const char second[] =
	        "\"by_reason\":{\"hlt\":{\"count\":10,\"total_s\":1,\"p50_ns\":500,\"p99_ns\":null,"
	        "\"max_ns\":800},\"new\":{\"count\":2,\"total_s\":9,\"p50_ns\":null,\"p99_ns\":null,"
	        "\"why\":\"two are few\"}},\"preemptors\":[]";
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	const struct reason_sum *sum;

	(void)state;
	add_line(
	        results, "a", 0,
	        "\"by_reason\":{\"hlt\":{\"count\":30,\"total_s\":3,\"p50_ns\":100,\"p99_ns\":900,"
	        "\"max_ns\":1000}},\"preemptors\":[{\"comm\":\"x\",\"tid\":5,\"count\":8,\"time_s\":4,"
	        "\"victim\":\"vcpu/0\"}]");
	add_line(results, "a", 1, second);
	add_line(results, "a", 1, second);
	compare(results, &c);
	assert_int_equal(results->skipped.duplicates, 1);
	assert_int_equal(c.reasons.nr, 2);
	assert_int_equal(group_of(&c, 0)->trials, 2);
	assert_int_equal(group_of(&c, 0)->nr, 2);
	sum = group_of(&c, 0)->sum;
	assert_string_equal(sum[0].name, "new"); /* the longest time first */
	assert_true(sum[0].count == 1 && sum[0].seconds == 4.5 && sum[0].mean_s == 4.5);
	assert_true(isnan(sum[0].max_ns) && isnan(sum[0].p50_ns));
	assert_string_equal(sum[0].why, "two are few");
	assert_string_equal(sum[1].name, "hlt");
	assert_true(sum[1].count == 20 && sum[1].seconds == 2 && sum[1].mean_s == 0.1);
	assert_true(sum[1].p50_ns == 300 && sum[1].p99_ns == 900 && sum[1].max_ns == 1000);
	assert_null(sum[1].why);
	assert_true(fabs(sum[1].share - 20.0 / 21) < 1e-12);
	sum = group_of(&c, 1)->sum;
	assert_int_equal(group_of(&c, 1)->kind, REASON_PREEMPTOR);
	assert_int_equal(group_of(&c, 1)->trials, 2);
	assert_true(sum->count == 4 && sum->seconds == 2);
	assert_int_equal(sum->tid, 0);
	assert_null(sum->why);
}

/* Two threads of a name are two where one trial has them; in several trials their TIDs mean nothing. */
static void a_tid_is_of_one_trial(void **state)
{
	static const char members[] =
	        "\"preemptors\":[{\"comm\":\"x\",\"tid\":7,\"count\":1,\"time_s\":1,\"victim\":\"v\"},"
	        "{\"comm\":\"x\",\"tid\":5,\"count\":1,\"time_s\":2,\"victim\":\"v\"},"
	        "{\"comm\":\"x\",\"tid\":99999999,\"count\":1,\"time_s\":3,\"victim\":\"v\"}]";
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };

	(void)state;
	add_line(results, "one", 0, members);
	add_line(results, "two", 0, members);
	add_line(results, "two", 1, members);
	compare(results, &c);
	assert_int_equal(c.reasons.nr, 2);
	assert_int_equal(group_of(&c, 0)->nr, 3);
	assert_int_equal(group_of(&c, 0)->sum[0].tid, 0); /* no kernel has such a one */
	assert_int_equal(group_of(&c, 0)->sum[1].tid, 5);
	assert_int_equal(group_of(&c, 0)->sum[2].tid, 7);
	assert_int_equal(group_of(&c, 1)->nr, 1);
	assert_int_equal(group_of(&c, 1)->sum->tid, 0);
	assert_true(group_of(&c, 1)->sum->count == 3 && group_of(&c, 1)->sum->seconds == 6);
}

/* The preemptors that a line counts and does not name are a row, so that shares are of all. */
static void the_rest_is_a_row(void **state)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	const struct reason_sum *sum;

	(void)state;
	add_line(
	        results, "a", 0,
	        "\"preemptors\":[{\"comm\":\"x\",\"tid\":7,\"count\":6,\"time_s\":1,\"victim\":\"v\"}],"
	        "\"preemptors_more\":{\"pairs\":2,\"count\":18,\"time_s\":0.5,\"lost\":0}");
	add_line(results, "b", 0,
	         "\"preemptors\":[{\"comm\":\"x\",\"count\":1,\"time_s\":1}],"
	         "\"preemptors_more\":{\"pairs\":0,\"count\":0,\"time_s\":0,\"lost\":0}");
	compare(results, &c);
	assert_int_equal(c.reasons.nr, 2);
	assert_int_equal(group_of(&c, 0)->nr, 2);
	sum = group_of(&c, 0)->sum;
	assert_true(sum[0].share == 0.25);
	assert_string_equal(sum[1].name, "all others");
	assert_string_equal(sum[1].of, "");
	assert_true(sum[1].count == 18 && sum[1].seconds == 0.5 && sum[1].tid == 0);
	assert_int_equal(group_of(&c, 1)->nr, 1);
}

/* Past the limit of names a preemptor is one of the others: shares stay true, exits stay there, and it is said. */
static void names_past_the_limit_are_the_rest(void **state)
{
	enum { TRIALS = 5000, NAMED = REASONS_NAMES_MAX - 1 /* and the rest's */ };
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	double share = 0, rest = 0;

	(void)state;
	for (int i = 0; i < TRIALS; i++) {
		char members[256];

		snprintf(members, sizeof(members),
		         "\"by_reason\":{\"r%d\":{\"count\":1,\"total_s\":1}},\"preemptors\":[{"
		         "\"comm\":\"p%d\",\"count\":1,\"time_s\":1,\"victim\":\"v\"}]",
		         i < TRIALS - 1 ? i % 9 : 9, i);
		add_line(results, "a", i, members);
	}
	compare(results, &c);
	assert_int_equal(c.reasons.nr, 2);
	assert_int_equal(group_of(&c, 0)->nr, 10);
	assert_int_equal(group_of(&c, 1)->nr, NAMED + 1);
	for (size_t i = 0; i < group_of(&c, 1)->nr; i++) {
		const struct reason_sum *sum = &group_of(&c, 1)->sum[i];

		share += sum->share;
		rest += strcmp(sum->name, REASONS_REST) ? 0 : sum->share;
	}
	assert_true(fabs(share - 1) < 1e-9);
	assert_true(fabs(rest - (TRIALS - NAMED) / (double)TRIALS) < 1e-9);
	assert_int_equal(results->warnings.nr, 1);
	assert_non_null(strstr(names_at(&results->warnings, 0), "more names of preemptors than"));
	assert_int_equal(results->nr_warned[0], TRIALS - NAMED);
}

/* A reason past the limit has no row to be added to: it is said. */
static void reasons_past_the_limit_are_said(void **state)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };

	(void)state;
	for (int i = 0; i < REASONS_NAMES_MAX + 2; i++) {
		char members[128];

		snprintf(members, sizeof(members),
		         "\"by_reason\":{\"r%d\":{\"count\":1,\"total_s\":1}}", i);
		add_line(results, "a", i, members);
	}
	compare(results, &c);
	assert_int_equal(group_of(&c, 0)->nr, REASONS_NAMES_MAX);
	assert_int_equal(results->warnings.nr, 1);
	assert_non_null(strstr(names_at(&results->warnings, 0), "more reasons of exits than"));
	assert_int_equal(results->nr_warned[0], 2);
}

/* The TID of a thread that has ended is no name that another trial could have. */
static void ended_threads_are_one(void **state)
{
	static const char *const victims[] = { "thread/12", "thread/345", "thread/x", "thread/" };
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	const struct reason_sum *sum;

	(void)state;
	for (int i = 0; i < 4; i++) {
		char members[256];

		snprintf(members, sizeof(members),
		         "\"by_reason\":{\"hlt\":{\"count\":1,\"total_s\":1,\"by\":{\"%s\":{"
		         "\"count\":1,\"total_s\":1}}}},\"preemptors\":[{\"comm\":\"p\","
		         "\"count\":1,\"time_s\":1,\"victim\":\"%s\"}]",
		         victims[i], victims[i]);
		add_line(results, "a", i, members);
	}
	compare(results, &c);
	assert_int_equal(group_of(&c, 0)->sum->nr_by, 3);
	assert_int_equal(group_of(&c, 1)->nr, 3);
	sum = group_of(&c, 1)->sum;
	assert_string_equal(sum->of, "an ended thread");
	assert_true(sum->count == 0.5 && sum->seconds == 0.5);
}

static void vcpus_are_in_order(void **state)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	const struct reason_sum *sum;

	(void)state;
	add_line(
	        results, "a", 0,
	        "\"by_reason\":{\"io\":{\"count\":9,\"total_s\":1,\"by\":{\"vcpu/10\":{\"count\":1,\"total_s\":"
	        "0.5,\"max_ns\":3},\"vcpu/2\":{\"count\":8,\"total_s\":0.5},\"bad\":7,\"none\":{}}},"
	        "\"hlt\":{\"count\":1,\"total_s\":5,\"by\":[]},\"cpuid\":{\"count\":0,\"total_s\":1,\"by\":"
	        "{\"vcpu/0\":{\"count\":5,\"total_s\":5}}}}");
	compare(results, &c);
	assert_int_equal(group_of(&c, 0)->nr, 2);
	sum = group_of(&c, 0)->sum;
	assert_string_equal(sum[0].name, "hlt");
	assert_int_equal(sum[0].nr_by, 0);
	assert_non_null(
	        strstr(sum[0].why, "too few exits: ten of them")); /* a line that gives no reason */
	assert_int_equal(sum[1].nr_by, 2);
	assert_string_equal(sum[1].by[0].of, "vcpu/2");
	assert_true(sum[1].by[0].count == 8 && sum[1].by[0].share == 0.8);
	assert_string_equal(sum[1].by[1].of, "vcpu/10");
	assert_true(sum[1].by[1].max_ns == 3);
}

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
	                  "34.8 us     n/a 3    362 us\n"))
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
	        "max_ns,counted_share\n";
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
		assert_int_equal(columns, 37);
		columns = 0;
		lines++;
	}
	assert_true(lines > 40);
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
	compare(results, &c);
	table_write(results, &c, 72, false, false, out);
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
		compare(results, &c);
		table_write(results, &c, 100, false, false, out);
		fclose(out);
		if (!strstr(text, levels[i].says))
			fail_msg("%s", text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_are_over_all_trials),
		cmocka_unit_test(a_tid_is_of_one_trial),
		cmocka_unit_test(the_rest_is_a_row),
		cmocka_unit_test(names_past_the_limit_are_the_rest),
		cmocka_unit_test(reasons_past_the_limit_are_said),
		cmocka_unit_test(ended_threads_are_one),
		cmocka_unit_test(vcpus_are_in_order),
		cmocka_unit_test(all_figures_have_all_columns),
		cmocka_unit_test(csv_columns_are_added_at_the_end),
		cmocka_unit_test(names_are_cut_at_words),
		cmocka_unit_test(every_level_is_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
