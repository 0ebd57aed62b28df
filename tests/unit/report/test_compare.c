/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_compare.c - arms against the baseline: pairs, reasons, order. */
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
#include "compare.h"

/* One trial with one figure f. */
static void add(struct results *results, const char *arm, int block, const char *rest)
{
	char line[1024];

	snprintf(line, sizeof(line),
	         "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"w\",\"block\":%d,"
	         "\"seed\":1,\"started\":%d,\"primary\":\"f\",%s}",
	         arm, block, block, rest);
	assert_int_equal(results_read_line(results, line, strlen(line), true), 0);
	assert_int_equal(results_nr_skipped(results), 0);
}

static void add_value(struct results *results, const char *arm, int block, double value)
{
	char rest[128];

	snprintf(rest, sizeof(rest),
	         "\"figures\":{\"f\":{\"value\":%.17g,\"unit\":\"1\",\"better\":\"higher\"}}",
	         value);
	add(results, arm, block, rest);
}

static const struct comparison *find(const struct results *results,
                                     const struct comparisons *comparisons, const char *arm)
{
	for (size_t i = 0; i < comparisons->nr; i++) {
		if (!strcmp(names_at(&results->arms, comparisons->list[i].arm), arm))
			return &comparisons->list[i];
	}
	fail_msg("no comparison of %s", arm);
	return NULL;
}

static void same(double got, double want)
{
	assert_true(fabs(got - want) < 1e-12);
}

static struct results *make(void)
{
	struct results *results = results_new();

	assert_non_null(results);
	return results;
}

static void compare(const struct results *results, struct comparisons *ret)
{
	assert_int_equal(compare_make(results, NULL, ret, NULL), 0);
}

static void the_ratio_is_taken_inside_pairs(void **state)
{
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();

	(void)state;
	/* the machine drifts: all pairs say 1.1 */
	for (int i = 5; i >= 0; i--) {
		double speed = i < 3 ? 10 : 100;

		add_value(r, "base", i, speed + i);
		add_value(r, "arm", 5 - i, (i > 2 ? 10 : 100) * 1.1 + (5 - i) * 1.1);
	}
	compare(r, &c);
	same(find(r, &c, "arm")->ratio, 1.1);
	assert_true(find(r, &c, "arm")->paired);
	assert_false(find(r, &c, "arm")->is_rough);
	assert_int_equal(find(r, &c, "arm")->pairs, 6);
	assert_int_equal(find(r, &c, "arm")->n, 6);
	same(find(r, &c, "base")->ratio, 1);
	assert_true(find(r, &c, "base")->is_baseline);
	assert_true(find(r, &c, "base")->primary);
}

/* Two pairs say x3.9 where the medians say -3 %: nobody can believe that. */
static void a_few_pairs_estimate_nothing(void **state)
{
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();

	(void)state;
	add_value(r, "base", 0, 100);
	add_value(r, "arm", 0, 700);
	add_value(r, "base", 1, 900);
	add_value(r, "arm", 1, 270);
	compare(r, &c);
	same(find(r, &c, "arm")->ratio, 485.0 / 500);
	assert_true(find(r, &c, "arm")->is_rough);
	assert_true(isnan(find(r, &c, "arm")->ci[0]));
}

static void without_pairs_it_is_that_of_the_medians(void **state)
{
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();

	(void)state;
	for (int i = 0; i < 4; i++) {
		add_value(r, "base", i, 10);
		add_value(r, "arm", i ? 10 + i : 0, i ? 30 : 999);
	}
	compare(r, &c);
	same(find(r, &c, "arm")->ratio, 3); /* one pair of four: too few to stand for all */
	assert_false(find(r, &c, "arm")->paired);
}

static void pairs_need_the_same_seed(void **state)
{
	static const char line[] =
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"arm\",\"workload\":\"w\",\"seed\":2,"
	        "\"started\":5,\"figures\":{\"f\":{\"value\":3,\"unit\":\"1\"}}}";
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();

	(void)state;
	add_value(r, "base", 0, 1);
	assert_int_equal(results_read_line(r, line, strlen(line), true), 0);
	compare(r, &c);
	assert_false(find(r, &c, "arm")->paired);
	same(find(r, &c, "arm")->ratio, 3);
}

static void unknown_comes_with_its_reason(void **state)
{
	static const char none[] =
	        "\"figures\":{\"f\":{\"value\":null,\"unit\":\"1\",\"why\":\"no PMU\"}}";
	static const char other[] =
	        "\"figures\":{\"f\":{\"value\":null,\"unit\":\"1\",\"why\":\"rare\"}}";
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();

	(void)state;
	add_value(r, "base", 0, 0);
	add(r, "none", 0, other);
	add(r, "none", 1, none);
	add(r, "none", 2, none);
	add(r, "half", 0, none);
	add_value(r, "half", 1, 5);
	add(r, "refused", 0, "\"error\":\"needs CAP_SYS_NICE\"");
	compare(r, &c);
	assert_string_equal(find(r, &c, "none")->why, "no PMU");
	assert_string_equal(find(r, &c, "none")->why_ratio, "no PMU");
	assert_true(isnan(find(r, &c, "none")->median));
	assert_int_equal(find(r, &c, "none")->n, 0);
	assert_int_equal(find(r, &c, "none")->trials, 3);
	assert_int_equal(find(r, &c, "half")->n, 1);
	assert_string_equal(find(r, &c, "half")->why_spread, "one trial has no spread");
	assert_string_equal(find(r, &c, "half")->why_ratio, "the baseline's median is 0");
	assert_true(isnan(find(r, &c, "half")->ratio));
	assert_string_equal(find(r, &c, "refused")->why, "needs CAP_SYS_NICE");
}

static const struct {
	const char *figure, *base, *arm;
	bool ratio;
} served[] = {
	{ "io_read_iops", "none", "none", true },
	{ "io_read_iops", "none", "writeback", false },
	{ "io_read_iops", "writeback", "writeback", true },
	{ "io_write_iops", "none", "writethrough", true },
	{ "io_read_iops", "none", "writethrough", false },
	{ "cpu_time_s", "none", "writeback", true },
};

static void memory_is_not_compared_with_disk(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(served); i++) {
		CLEANUP(results_free) struct results *r = results_new();
		CLEANUP(comparisons_done) struct comparisons c = { 0 };
		char rest[256];

		for (int arm = 0; arm < 2; arm++) {
			snprintf(
			        rest, sizeof(rest),
			        "\"spec\":{\"where\":\"guest\",\"direct\":\"on\",\"cache\":\"%s\"},"
			        "\"figures\":{\"%s\":{\"value\":5,\"unit\":\"1\"}}",
			        arm ? served[i].arm : served[i].base, served[i].figure);
			add(r, arm ? "arm" : "base", 0, rest);
		}
		compare(r, &c);
		assert_int_equal(!isnan(find(r, &c, "arm")->ratio), served[i].ratio);
		if (!served[i].ratio) {
			assert_true(find(r, &c, "arm")->page_cache);
			assert_non_null(strstr(find(r, &c, "arm")->why_ratio, "page cache"));
		}
	}
}

static void the_baseline_is_what_was_asked_or_planned(void **state)
{
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();
	struct err err = { 0 };

	(void)state;
	add(r, "third", 0, "\"arm_order\":2,\"baseline\":\"second\"");
	add(r, "first", 0, "\"arm_order\":0");
	add(r, "second", 0, "\"arm_order\":1");
	compare(r, &c);
	assert_string_equal(names_at(&r->arms, c.arms[0]), "second");
	assert_string_equal(names_at(&r->arms, c.arms[1]), "first");
	assert_string_equal(names_at(&r->arms, c.arms[2]), "third");
	comparisons_done(&c);
	assert_int_equal(compare_make(r, "third", &c, &err), 0);
	assert_string_equal(names_at(&r->arms, c.baseline), "third");
	comparisons_done(&c);
	assert_int_equal(compare_make(r, "fou\nrth", &c, &err), -ENOENT);
	assert_string_equal(err.text, "baseline 'fou\\nrth': no such arm; there is 'first', "
	                              "'second', 'third'");
	snprintf(r->baseline, sizeof(r->baseline), "gone");
	compare(r, &c);
	assert_string_equal(names_at(&r->arms, c.baseline), "first");
}

static void nothing_to_compare_is_said(void **state)
{
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(compare_make(r, NULL, &c, &err), -ENODATA);
}

static void primaries_first_then_as_in_the_file(void **state)
{
	static const char line[] =
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\",\"workload\":\"%s\",\"primary\":\"p2 p1\","
	        "\"figures\":{\"x\":{\"value\":1},\"p1\":{\"value\":1},\"p2\":{\"value\":1}}}";
	static const char *const want[] = { "p2", "p1", "x", "p2", "p1", "x" };
	char text[300];
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	CLEANUP(results_free) struct results *r = make();

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), line, i ? "cpu" : "randrw");
		assert_int_equal(results_read_line(r, text, strlen(text), true), 0);
	}
	compare(r, &c);
	assert_int_equal(c.nr, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(names_at(&r->figures, c.list[i].figure), want[i]);
		assert_string_equal(names_at(&r->workloads, c.list[i].workload),
		                    i < 3 ? "cpu" : "randrw");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ratio_is_taken_inside_pairs),
		cmocka_unit_test(a_few_pairs_estimate_nothing),
		cmocka_unit_test(without_pairs_it_is_that_of_the_medians),
		cmocka_unit_test(pairs_need_the_same_seed),
		cmocka_unit_test(unknown_comes_with_its_reason),
		cmocka_unit_test(memory_is_not_compared_with_disk),
		cmocka_unit_test(the_baseline_is_what_was_asked_or_planned),
		cmocka_unit_test(nothing_to_compare_is_said),
		cmocka_unit_test(primaries_first_then_as_in_the_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
