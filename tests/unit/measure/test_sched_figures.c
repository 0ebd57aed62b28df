/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sched_figures.c - samples to figures: sums by role, threads born, ended, absent, and counters not kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figure_room.h"
#include "json.h"
#include "sched.h"
#include "text.h"

/* Every counter is a multiple of n, so that a sum shows which samples went in. */
static struct sched_sample sample(uint64_t n)
{
	return (struct sched_sample){
		.alive = true,
		.has_schedstat = true,
		.cpu_time_ns = n * 250000000,
		.run_delay_ns = n * 500000000,
		.timeslices = n,
		.voluntary = 10 * n,
		.involuntary = 3 * n,
		.has_migrations = true,
		.migrations = n,
		.minor_faults = 5 * n,
		.major_faults = n,
	};
}

static struct sched_watch watch(const char *role, const char *key, uint64_t start, uint64_t end)
{
	struct sched_watch one = { .pid = 100, .tid = 101 };

	assert_int_equal(text_copy(one.role, sizeof(one.role), role), 0);
	assert_int_equal(text_copy(one.key, sizeof(one.key), key), 0);
	one.start = sample(start);
	one.end = sample(end);
	return one;
}

static void assert_figure(const char *name, const char *text)
{
	struct json_object *figure = NULL;
	const char *got;

	assert_true(json_object_object_get_ex(figures, name, &figure));
	got = json_object_to_json_string_ext(figure, JSON_C_TO_STRING_PLAIN |
	                                                     JSON_C_TO_STRING_NOSLASHESCAPE);
	if (strcmp(got, text))
		fail_msg("%s:\n  %s\n, wanted\n  %s", name, got, text);
}

static void sums(void **state)
{
	struct sched_watch list[] = {
		watch("vcpu", "vcpu/0", 1, 3),
		watch("vcpu", "vcpu/1", 10, 11),
		watch("emulator", "emulator/0", 7, 7),
	};

	(void)state;
	sched_figures(list, 3, NULL, figures);
	assert_figure("cpu_time_s",
	              "{\"value\":0.75,\"unit\":\"s\",\"better\":\"none\",\"by\":{\"vcpu\":0.75,"
	              "\"emulator\":0.0,\"vcpu/0\":0.5,\"vcpu/1\":0.25,\"emulator/0\":0.0}}");
	assert_figure("run_delay_s",
	              "{\"value\":1.5,\"unit\":\"s\",\"better\":\"none\",\"by\":{\"vcpu\":1.5,"
	              "\"emulator\":0.0,\"vcpu/0\":1.0,\"vcpu/1\":0.5,\"emulator/0\":0.0}}");
	assert_figure("context_switches_voluntary",
	              "{\"value\":30,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":30.0,"
	              "\"emulator\":0.0,\"vcpu/0\":20.0,\"vcpu/1\":10.0,\"emulator/0\":0.0}}");
	assert_figure("context_switches_involuntary",
	              "{\"value\":9,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":9.0,"
	              "\"emulator\":0.0,\"vcpu/0\":6.0,\"vcpu/1\":3.0,\"emulator/0\":0.0}}");
	assert_figure("context_switches",
	              "{\"value\":39,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":39.0,"
	              "\"emulator\":0.0,\"vcpu/0\":26.0,\"vcpu/1\":13.0,\"emulator/0\":0.0}}");
	assert_figure("migrations",
	              "{\"value\":3,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":3.0,"
	              "\"emulator\":0.0,\"vcpu/0\":2.0,\"vcpu/1\":1.0,\"emulator/0\":0.0}}");
	assert_figure("page_faults",
	              "{\"value\":18,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":18.0,"
	              "\"emulator\":0.0,\"vcpu/0\":12.0,\"vcpu/1\":6.0,\"emulator/0\":0.0}}");
}

/* A process that read `ns` and `faults` both before and after its threads. */
static void set_process(struct sched_process end[2], uint64_t ns, uint64_t faults)
{
	end[0] = end[1] = (struct sched_process){
		.has_cpu_time = true, .has_faults = true, .cpu_time_ns = ns, .faults = faults
	};
}

static void the_ended_without_a_record_make_a_lower_bound(void **state)
{
	struct sched_watch list[] = {
		watch("vcpu", "vcpu/0", 1, 3),
		watch("pool", "pool/0", 1, 2),
		watch("pool", "pool/1", 1, 2),
	};
	struct sched_gaps gaps;

	(void)state;
	list[2].end = (struct sched_sample){ 0 };
	sched_figures(list, ARRAY_SIZE(list), NULL, figures);
	assert_figure(
	        "context_switches",
	        "{\"value\":39,\"unit\":\"1\",\"better\":\"none\",\"at_least\":\"threads ended inside the "
	        "window, and their counts with them\",\"by_why\":\"ended inside the window, and its count "
	        "with it\",\"by\":{\"vcpu\":26.0,\"pool\":13.0,\"vcpu/0\":26.0,\"pool/0\":13.0,"
	        "\"pool/1\":null}}");
	gaps = sched_gaps(list, ARRAY_SIZE(list), NULL);
	assert_int_equal(gaps.lost, 1);
	assert_true(gaps.is_incomplete);
}

/* Each thread's end is known: of its life, or of a life between two scans, which has no name. */
static void records_complete_the_sums(void **state)
{
	struct sched_watch list[] = {
		watch("vcpu", "vcpu/0", 1, 3),
		watch("pool", "pool/0", 1, 2),
		watch("", "", 0, 5),
	};
	struct sched_whole whole = { .pid = 100, .has_records = true };
	struct sched_gaps gaps;

	(void)state;
	list[1].end.alive = list[2].end.alive = list[2].start.alive = false;
	list[1].end.is_last = list[2].end.is_last = true;
	list[1].end.has_migrations = list[2].end.has_migrations = false;
	set_process(whole.start, 1000000000, 100);
	set_process(whole.end, 3000000000, 148);
	sched_figures(list, ARRAY_SIZE(list), &whole, figures);
	assert_figure(
	        "context_switches",
	        "{\"value\":104,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":26.0,\"pool\":13.0,"
	        "\"vcpu/0\":26.0,\"pool/0\":13.0,\"unattributed\":65.0}}");
	assert_figure(
	        "migrations",
	        "{\"value\":2,\"unit\":\"1\",\"better\":\"none\",\"at_least\":\"threads ended inside the "
	        "window, and their counts with them\",\"by_why\":\"ended inside the window, and its count "
	        "with it\",\"by\":{\"vcpu\":2.0,\"pool\":0.0,\"vcpu/0\":2.0,\"pool/0\":null,"
	        "\"unattributed\":0.0}}");
	gaps = sched_gaps(list, ARRAY_SIZE(list), &whole);
	assert_false(gaps.is_incomplete);
	assert_true(gaps.rest_s == 0 && gaps.too_much_s == 0);
}

/* What the process has and no thread is there to have: in the total, and unattributed; the others are lower bounds. */
static void the_process_knows_of_the_unseen(void **state)
{
	struct sched_watch list[] = { watch("vcpu", "vcpu/0", 1, 3),
		                      watch("kvm-pit", "kvm-pit/0", 1, 9) };
	struct sched_whole whole = { .pid = 100 };
	struct sched_gaps gaps;

	(void)state;
	list[1].pid = list[1].tid = 200; /* a kernel thread: not the process's */
	set_process(whole.start, 0, 100);
	set_process(whole.end, 750000000, 115);
	sched_figures(list, ARRAY_SIZE(list), &whole, figures);
	assert_figure(
	        "cpu_time_s",
	        "{\"value\":2.75,\"unit\":\"s\",\"better\":\"none\",\"by\":{\"vcpu\":0.5,\"kvm-pit\":2.0,"
	        "\"vcpu/0\":0.5,\"kvm-pit/0\":2.0,\"unattributed\":0.25}}");
	assert_figure(
	        "page_faults",
	        "{\"value\":63,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":12.0,\"kvm-pit\":48.0,"
	        "\"vcpu/0\":12.0,\"kvm-pit/0\":48.0,\"unattributed\":3.0}}");
	assert_figure(
	        "context_switches",
	        "{\"value\":130,\"unit\":\"1\",\"better\":\"none\",\"at_least\":\"threads ended inside the "
	        "window, and their counts with them\",\"by\":{\"vcpu\":26.0,\"kvm-pit\":104.0,"
	        "\"vcpu/0\":26.0,\"kvm-pit/0\":104.0}}");
	gaps = sched_gaps(list, ARRAY_SIZE(list), &whole);
	assert_true(gaps.is_incomplete && gaps.rest_s > 0.249 && gaps.rest_s < 0.251);
	set_process(whole.end, 250000000, 115);
	gaps = sched_gaps(list, ARRAY_SIZE(list), &whole);
	assert_true(!gaps.is_incomplete && gaps.too_much_s > 0.249 && gaps.too_much_s < 0.251);
}

static void an_open_wait_that_is_not_known_is_said(void **state)
{
	struct sched_watch list[] = { watch("vcpu", "vcpu/0", 1, 3) };

	(void)state;
	list[0].end.open_ns = 250000000;
	list[0].end.open_is_vague = true;
	sched_figures(list, ARRAY_SIZE(list), NULL, figures);
	assert_figure(
	        "run_delay_s",
	        "{\"value\":1.25,\"unit\":\"s\",\"better\":\"none\",\"at_least\":\"a thread "
	        "waited for a CPU at an end of the window, and the part of that wait inside it is "
	        "not known\",\"by\":{\"vcpu\":1.25,\"vcpu/0\":1.25}}");
	assert_true(sched_gaps(list, ARRAY_SIZE(list), NULL).has_vague);
}

/* The threads are read between the process's two readings: what lies between these is no difference. */
static void what_passes_while_reading_is_no_rest(void **state)
{
	struct sched_watch list[] = { watch("vcpu", "vcpu/0", 1, 3) };
	struct sched_whole whole = { .pid = 100 };
	struct sched_gaps gaps;

	(void)state;
	set_process(whole.start, 100000000, 100);
	set_process(whole.end, 590000000, 112);
	whole.end[1].cpu_time_ns += 20000000;
	gaps = sched_gaps(list, ARRAY_SIZE(list), &whole);
	assert_true(!gaps.is_incomplete && gaps.rest_s == 0 && gaps.too_much_s == 0);
}

static void the_born_count_from_zero(void **state)
{
	struct sched_watch list[] = { watch("vcpu", "vcpu/0", 1, 3),
		                      watch("pool", "pool/0", 0, 4) };

	(void)state;
	list[1].start = (struct sched_sample){ 0 };
	sched_figures(list, 2, NULL, figures);
	assert_figure(
	        "migrations",
	        "{\"value\":6,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":2.0,\"pool\":4.0,"
	        "\"vcpu/0\":2.0,\"pool/0\":4.0}}");
	assert_figure(
	        "cpu_time_s",
	        "{\"value\":1.5,\"unit\":\"s\",\"better\":\"none\",\"by\":{\"vcpu\":0.5,\"pool\":1.0,"
	        "\"vcpu/0\":0.5,\"pool/0\":1.0}}");
}

/* Gone before the window opened: no part of it. */
static void the_absent_do_not_matter(void **state)
{
	struct sched_watch list[] = { watch("vcpu", "vcpu/0", 1, 3),
		                      watch("vcpu", "vcpu/1", 0, 0) };

	(void)state;
	list[1].start = list[1].end = (struct sched_sample){ 0 };
	sched_figures(list, 2, NULL, figures);
	assert_figure(
	        "migrations",
	        "{\"value\":2,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":2.0,\"vcpu/0\":2.0}}");
}

static void counters_that_are_not_kept(void **state)
{
	struct sched_watch list[] = { watch("vcpu", "vcpu/0", 1, 3) };

	(void)state;
	list[0].start.has_migrations = list[0].end.has_migrations = false;
	list[0].end.has_schedstat = false;
	sched_figures(list, 1, NULL, figures);
	assert_figure(
	        "migrations",
	        "{\"value\":null,\"unit\":\"1\",\"better\":\"none\",\"why\":\"vcpu/0 (thread 101) has no "
	        "such counter on this kernel\",\"by\":{\"vcpu\":null,\"vcpu/0\":null}}");
	assert_figure(
	        "run_delay_s",
	        "{\"value\":null,\"unit\":\"s\",\"better\":\"none\",\"why\":\"vcpu/0 (thread 101) has no "
	        "such counter on this kernel\",\"by\":{\"vcpu\":null,\"vcpu/0\":null}}");
	assert_figure(
	        "context_switches",
	        "{\"value\":26,\"unit\":\"1\",\"better\":\"none\",\"by\":{\"vcpu\":26.0,\"vcpu/0\":26.0}}");
}

static void counters_that_go_back(void **state)
{
	struct sched_watch list[] = { watch("vcpu", "vcpu/0", 3, 1) };

	(void)state;
	sched_figures(list, 1, NULL, figures);
	assert_figure(
	        "page_faults",
	        "{\"value\":null,\"unit\":\"1\",\"better\":\"none\",\"why\":\"vcpu/0 (thread 101) has "
	        "counters that went back: its number belongs to another thread now\","
	        "\"by\":{\"vcpu\":null,\"vcpu/0\":null}}");
}

static void nobody(void **state)
{
	(void)state;
	sched_figures(NULL, 0, NULL, figures);
	assert_figure(
	        "cpu_time_s",
	        "{\"value\":null,\"unit\":\"s\",\"better\":\"none\",\"why\":\"no thread was watched\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIGURES(sums),
		WITH_FIGURES(the_ended_without_a_record_make_a_lower_bound),
		WITH_FIGURES(records_complete_the_sums),
		WITH_FIGURES(the_process_knows_of_the_unseen),
		WITH_FIGURES(an_open_wait_that_is_not_known_is_said),
		WITH_FIGURES(what_passes_while_reading_is_no_rest),
		WITH_FIGURES(the_born_count_from_zero),
		WITH_FIGURES(the_absent_do_not_matter),
		WITH_FIGURES(counters_that_are_not_kept),
		WITH_FIGURES(counters_that_go_back),
		WITH_FIGURES(nobody),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sched_figures", tests, NULL, NULL);
}
