/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_reason_sums.c - exits and preemptors summed up over an arm's trials, which are made here. */
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
	compare_lines(results, &c);
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
	compare_lines(results, &c);
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
	/* no list, no rest of it */
	add_line(results, "c", 0,
	         "\"preemptors_more\":{\"pairs\":1,\"count\":1,\"time_s\":1,\"lost\":0}");
	compare_lines(results, &c);
	assert_int_equal(c.reasons.nr, 2);
	assert_int_equal(group_of(&c, 0)->nr, 2);
	sum = group_of(&c, 0)->sum;
	assert_true(sum[0].share == 0.25);
	assert_string_equal(sum[1].name, "all others");
	assert_string_equal(sum[1].of, "");
	assert_true(sum[1].count == 18 && sum[1].seconds == 0.5 && sum[1].tid == 0);
	assert_int_equal(group_of(&c, 1)->nr, 1);
}

/* However many reasons a file gives, it is read, and its preemptors' rest with it. */
static void words_past_the_limit_end_nothing(void **state)
{
	enum { TRIALS = 140, WHYS = 500 };
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };

	(void)state;
	for (int i = 0; i < TRIALS; i++) {
		CLEANUP(str_free) char *members = NULL;
		size_t size;
		FILE *out = open_memstream(&members, &size);

		fputs("\"by_reason\":{\"io\":{\"count\":1,\"total_s\":1,\"by\":{", out);
		for (int j = 0; j < WHYS; j++)
			fprintf(out, "%s\"vcpu/%d\":{\"count\":1,\"why\":\"%d\"}", j ? "," : "", j,
			        i * WHYS + j);
		fputs("}}}", out);
		fclose(out);
		add_line(results, "a", i, members);
	}
	add_line(results, "a", TRIALS,
	         "\"preemptors\":[],\"preemptors_more\":{\"count\":7,\"time_s\":1}");
	compare_lines(results, &c);
	assert_int_equal(c.reasons.nr, 2);
	assert_string_equal(group_of(&c, 1)->sum->name, "all others");
	assert_true(group_of(&c, 1)->sum->count == 7);
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
	compare_lines(results, &c);
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
	compare_lines(results, &c);
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
	compare_lines(results, &c);
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
	compare_lines(results, &c);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_are_over_all_trials),
		cmocka_unit_test(a_tid_is_of_one_trial),
		cmocka_unit_test(the_rest_is_a_row),
		cmocka_unit_test(words_past_the_limit_end_nothing),
		cmocka_unit_test(names_past_the_limit_are_the_rest),
		cmocka_unit_test(reasons_past_the_limit_are_said),
		cmocka_unit_test(ended_threads_are_one),
		cmocka_unit_test(vcpus_are_in_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
