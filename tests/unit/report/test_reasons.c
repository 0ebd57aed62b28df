/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_reasons.c - exits and preemptors stand below a verdict only where the trials' lists say that they moved. */
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
#include "json_report.h"
#include "markdown.h"
#include "reasons_moved.h"
#include "results.h"
#include "table.h"

#define ROUNDS 10

/* fifo: twice as fast, stress takes no CPU from it any more, fewer halts; the same I/O. */
static void add_trial(struct results *results, int round, bool fifo, const char *preemptors)
{
	double wobble = 1 + (round * 7 % 10) * .01;
	char line[1024];
	int len = snprintf(
	        line, sizeof(line),
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"cpu\",\"block\":%d,"
	        "\"repeat\":%d,\"seed\":1,\"boot_group\":0,\"baseline\":\"other\",\"arm_order\":%d,"
	        "\"primary\":\"f\",\"figures\":{\"f\":{\"value\":%f,\"unit\":\"1/s\",\"better\":"
	        "\"higher\"}},\"by_reason\":{\"hlt\":{\"count\":9,\"total_s\":%f},\"io\":{\"count\":5,"
	        "\"total_s\":%f}},\"preemptors\":%s}",
	        fifo ? "fifo" : "other", round, round, fifo, (fifo ? 2000 : 1000) * wobble,
	        (fifo ? 0.02 : 3.1) * wobble, 1.5 * (1 + (round * 3 + fifo * 4) % 10 * .01),
	        preemptors);

	assert_true(len > 0 && (size_t)len < sizeof(line));
	assert_int_equal(results_read_line(results, line, (size_t)len, true), 0);
}

static struct results *sweep(const char *with_stress)
{
	struct results *results = results_new();

	assert_non_null(results);
	for (int round = 0; round < ROUNDS; round++) {
		add_trial(results, round, false, with_stress);
		add_trial(results, round, true, "[]");
	}
	assert_int_equal(results->skipped.broken, 0);
	assert_int_equal(results_finish(results), 0);
	return results;
}

static char *text_of(const struct results *results, bool markdown)
{
	CLEANUP(comparisons_done) struct comparisons comparisons = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(compare_make(results, NULL, &comparisons, NULL), 0);
	if (markdown)
		markdown_write(results, &comparisons, false, NULL, out);
	else
		table_write(results, &comparisons, 100, false, false, NULL, out);
	fclose(out);
	return text;
}

static const char stress[] =
        "[{\"comm\":\"stress\",\"count\":3,\"time_s\":0.5,\"victim\":\"vcpu/0\"},"
        "{\"comm\":\"<b>\\u001b[2J\",\"count\":3,\"time_s\":0.25,"
        "\"victim\":\"vcpu/0\"}]";

static void what_moved_is_ranked(void **state)
{
	CLEANUP(results_free) struct results *results = sweep(stress);
	CLEANUP(str_free) char *table = text_of(results, false);
	CLEANUP(str_free) char *markdown = text_of(results, true);
	const char *hlt = strstr(table, "with it: exits for hlt 3.2"),
	           *lost = strstr(table, "CPU lost to stress, of vcpu/0 500 ms -> 0");

	(void)state;
	if (!hlt || !lost || lost < hlt)
		fail_msg("%s", table);
	assert_null(strstr(table, "exits for io"));
	assert_null(strchr(table, '\033'));
	assert_non_null(strstr(markdown, "exits for hlt"));
	assert_null(strstr(markdown, "<b>"));
}

static void a_vm_of_ours_has_a_name(void **state)
{
	CLEANUP(results_free)
	struct results *results = sweep(
	        "[{\"comm\":\"CPU 0/KVM\",\"thread\":\"vm1/vcpu/0\",\"count\":3,\"time_s\":0.5,"
	        "\"victim\":\"vcpu/0\"}]");
	CLEANUP(str_free) char *table = text_of(results, false);

	(void)state;
	if (!strstr(table, "CPU lost to vm1/vcpu/0, of vcpu/0 500 ms -> 0"))
		fail_msg("%s", table);
}

/* Lines without such lists say nothing, and no list is not an empty one. */
static void no_list_is_no_zero(void **state)
{
	CLEANUP(results_free) struct results *results = sweep("null");
	CLEANUP(str_free) char *table = text_of(results, false);

	(void)state;
	assert_null(strstr(table, "CPU lost to"));
	assert_non_null(strstr(table, "exits for hlt"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_moved_is_ranked),
		cmocka_unit_test(a_vm_of_ours_has_a_name),
		cmocka_unit_test(no_list_is_no_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
