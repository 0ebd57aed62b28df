/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_deep_figures.c - a BPF reading to figures: sums by role, percentiles, preemptors, reasons, and what is missing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "deep.h"
#include "deep_figures.h"
#include "deep_hist.h"
#include "exit_names.h"
#include "figure.h"
#include "json.h"

static const struct deep_name names[] = {
	{ 10, "vcpu", "vcpu/0", false },
	{ 11, "vcpu", "vcpu/1", false },
	{ 12, "iothread", "iothread/0", false },
};

static struct deep_seen threads[3];
static struct deep_preemptor preemptors[12];
static struct deep_reason reasons[3];
static struct deep_reading reading;
static struct json_object *line;

static int set_up(void **state)
{
	(void)state;
	memset(threads, 0, sizeof(threads));
	memset(preemptors, 0, sizeof(preemptors));
	memset(reasons, 0, sizeof(reasons));
	reading = (struct deep_reading){
		.nr_threads = 3,
		.threads = threads,
		.preemptors = preemptors,
		.reasons = reasons,
	};
	threads[0].tid = 10;
	threads[1].tid = 11;
	threads[2].tid = 0; /* the ended ones */
	line = json_object_new_object();
	json_object_object_add(line, "figures", json_object_new_object());
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_done(&line);
	return 0;
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *found = NULL;

	if (!json_object_object_get_ex(o, key, &found))
		fail_msg("no %s in %s", key, json_object_to_json_string(o));
	return found;
}

static struct json_object *figure(const char *name)
{
	return at(at(line, "figures"), name);
}

static void assert_text(struct json_object *o, const char *want)
{
	assert_string_equal(json_object_to_json_string_ext(
	                            o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	                    want);
}

static void assert_near(double got, double want)
{
	if (got < want * 0.999999 || got > want * 1.000001)
		fail_msg("%g instead of %g", got, want);
}

static void assert_value(struct json_object *o, double want)
{
	assert_near(json_object_get_double(o), want);
}

/* A bucket holds what it says: its smallest value is its own, the next bucket starts where it ends. */
static void buckets(void **state)
{
	(void)state;
	assert_int_equal(deep_hist_low_ns(0), 0);
	assert_int_equal(deep_hist_low_ns(7), 7);
	assert_int_equal(deep_hist_low_ns(8), 8);
	assert_int_equal(deep_hist_low_ns(15), 15);
	assert_int_equal(deep_hist_low_ns(16), 16);
	assert_int_equal(deep_hist_low_ns(17), 18);
	assert_int_equal(deep_hist_low_ns(24), 32);
	assert_int_equal(deep_hist_low_ns(DEEP_BUCKETS), 1ULL << DEEP_MAX_BITS);
	for (int i = 1; i < DEEP_BUCKETS; i++)
		assert_true(deep_hist_low_ns(i) > deep_hist_low_ns(i - 1));
}

static void percentiles(void **state)
{
	struct deep_hist hist = { 0 };

	(void)state;
	hist.bucket[16] = 990; /* 16..17 ns */
	hist.bucket[40] = 10;  /* 128..143 ns */
	assert_near(deep_hist_percentile_ns(&hist, 50, 140), 16.5);
	assert_near(deep_hist_percentile_ns(&hist, 99, 140), 16.5);
	hist.bucket[40] = 11;
	assert_near(deep_hist_percentile_ns(&hist, 99, 140), 135.5);
	/* never above the largest value */
	assert_near(deep_hist_percentile_ns(&hist, 99, 130), 130);
	hist.bucket[16] = 900;
	assert_true(isnan(deep_hist_percentile_ns(&hist, 99, 140)));
}

static void by_role_and_thread(void **state)
{
	(void)state;
	threads[0].thread.sums.off_ns[DEEP_PREEMPTED] = 1000000000;
	threads[1].thread.sums.off_ns[DEEP_PREEMPTED] = 500000000;
	threads[2].thread.sums.off_ns[DEEP_PREEMPTED] = 250000000;
	threads[0].thread.sums.off_ns[DEEP_HALTED] = 2000000000;
	threads[0].thread.sums.wakeup.bucket[16] = 30;
	threads[0].thread.sums.wakeup_max_ns = 17;
	reading.start_ns = 5;
	reading.stop_ns = 7;
	deep_figures(&reading, names, 3, line);
	assert_text(at(line, "deep_window_ns"), "[5,7]");
	assert_value(at(figure("offcpu_preempted_s"), "value"), 1.75);
	assert_text(
	        at(figure("offcpu_preempted_s"), "by"),
	        "{\"vcpu\":1.5,\"iothread\":0.0,\"vcpu/0\":1.0,\"vcpu/1\":0.5,\"iothread/0\":0.0,"
	        "\"unattributed\":0.25}");
	assert_value(at(figure("offcpu_halted_s"), "value"), 2);
	assert_value(at(figure("wakeup_delay_p50_ns"), "value"), 16.5);
	assert_value(at(figure("wakeup_delay_max_ns"), "value"), 17);
	assert_null(at(figure("wakeup_delay_p99_ns"), "value"));
	assert_text(at(figure("wakeup_delay_p99_ns"), "why"), "\"only 30 wake-ups in the window\"");
	assert_text(at(figure("wakeup_delay_p50_ns"), "by_why"), "\"too few wake-ups for it\"");
	assert_null(at(at(figure("wakeup_delay_p50_ns"), "by"), "vcpu/1"));
	assert_text(at(at(line, "histograms"), "wakeup_delay"), "[[16,30]]");
	assert_text(at(at(line, "histograms"), "run_delay"), "[]");
}

/* run_delay_s as /proc has it: a lower bound, with a kernel thread that BPF does not watch. */
static void put_proc_delay(void)
{
	struct json_object *delay = figure_put(at(line, "figures"), "run_delay_s", "s", BETTER_NONE,
	                                       9);

	figure_at_least(delay, "a thread waited");
	figure_by(delay, "vcpu", 5);
	figure_by(delay, "kvm-pit", 3);
	figure_by(delay, "vcpu/0", 5);
	figure_by(delay, "kvm-pit/0", 3);
	figure_by(delay, "unattributed", 1);
}

static void run_delay_is_exact(void **state)
{
	static const struct deep_name with_pit[] = { { 10, "vcpu", "vcpu/0", false },
		                                     { 50, "kvm-pit", "kvm-pit/0", true } };

	(void)state;
	put_proc_delay();
	threads[0].thread.sums.run_delay_ns = 500000000;
	threads[2].thread.sums.run_delay_ns = 250000000;
	deep_figures(&reading, with_pit, 2, line);
	assert_text(figure("run_delay_s"),
	            "{\"value\":3.75,\"unit\":\"s\",\"better\":\"none\",\"by\":{\"vcpu\":0.5,"
	            "\"vcpu/0\":0.5,\"unattributed\":0.25,\"kvm-pit\":3.0,\"kvm-pit/0\":3.0}}");
	assert_text(at(figure("offcpu_preempted_s"), "by"), "{\"vcpu\":0.0,\"vcpu/0\":0.0}");
}

/* Waits that the tracepoint did not tell of are in /proc's sum. */
static void run_delay_stays(void **state)
{
	(void)state;
	put_proc_delay();
	threads[0].thread.sums.run_delay.bucket[16] = 30;
	reading.unseen = 30;
	deep_figures(&reading, names, 3, line);
	assert_value(at(figure("run_delay_s"), "value"), 9);
	deep_figures_none("no rights", line);
	assert_value(at(figure("run_delay_s"), "value"), 9);
}

/* A map that was too small: nothing is claimed. */
static void lost_threads(void **state)
{
	(void)state;
	reading.lost_threads = 5;
	deep_figures(&reading, names, 3, line);
	assert_null(at(figure("offcpu_preempted_s"), "value"));
	assert_non_null(strstr(json_object_get_string(at(figure("offcpu_preempted_s"), "why")),
	                       "more threads at once than"));
}

static void unseen_waits(void **state)
{
	(void)state;
	threads[0].thread.sums.run_delay.bucket[16] = 30;
	threads[2].thread.sums.run_delay.bucket[17] = 60;
	assert_true(deep_unseen_share(&reading) == 0);
	reading.unseen = 10;
	assert_true(fabs(deep_unseen_share(&reading) - 0.1) < 1e-12);
}

static void the_ten_greatest(void **state)
{
	struct json_object *list, *first;

	(void)state;
	reading.nr_preemptors = 12;
	for (unsigned int i = 0; i < 12; i++) {
		preemptors[i].pair = (struct deep_pair){ i == 7 ? 99 : 10, 100 + i };
		preemptors[i].what.count = 1 + i;
		preemptors[i].what.ns = (i == 7 ? 50 : i) * 1000000000ULL;
		memcpy(preemptors[i].what.comm, i == 7 ? "a\"\033[2J\xff" : "stress\0", 8);
	}
	deep_figures(&reading, names, 3, line);
	list = at(line, "preemptors");
	assert_int_equal(json_object_array_length(list), 10);
	/* the two with the least time are 0 and 1 */
	assert_text(at(line, "preemptors_more"),
	            "{\"pairs\":2,\"count\":3,\"time_s\":1.0,\"lost\":0}");
	first = json_object_array_get_idx(list, 0);
	assert_text(at(first, "comm"), "\"a\\\"\\\\x1b[2J\\\\xff\"");
	assert_text(at(first, "victim"), "\"thread/99\"");
	assert_text(at(first, "count"), "8");
	assert_value(at(first, "time_s"), 50);
	assert_text(
	        json_object_array_get_idx(list, 1),
	        "{\"comm\":\"stress\",\"tid\":111,\"count\":12,\"time_s\":11.0,\"victim\":\"vcpu/0\"}");
}

/* A short list says that it is short, and a whole one that it is whole. */
static void what_the_list_lacks(void **state)
{
	(void)state;
	deep_figures(&reading, names, 3, line);
	assert_text(at(line, "preemptors_more"),
	            "{\"pairs\":0,\"count\":0,\"time_s\":0.0,\"lost\":0}");
	reading.lost_preemptors = 7;
	deep_figures(&reading, names, 3, line);
	assert_text(at(at(line, "preemptors_more"), "lost"), "7");
}

/* Where the exits were not watched, halts are not 0: they are unknown, and in "other". */
static void halts_not_seen(void **state)
{
	static const char why[] = "the exits' BPF programs need CAP_SYS_ADMIN too";

	(void)state;
	threads[0].thread.sums.off_ns[DEEP_OTHER] = 2000000000;
	threads[0].thread.sums.off_ns[DEEP_HALTED] = 500000000; /* the one at the window's end */
	memcpy(reading.why_no_exits, why, sizeof(why));
	reading.halts_unseen = true;
	deep_figures(&reading, names, 3, line);
	assert_null(at(figure("offcpu_halted_s"), "value"));
	assert_text(
	        at(figure("offcpu_halted_s"), "why"),
	        "\"the exits' BPF programs need CAP_SYS_ADMIN too; halts are in offcpu_other_s\"");
	assert_false(json_has(figure("offcpu_halted_s"), "by"));
	assert_value(at(figure("offcpu_other_s"), "value"), 2.5);
	assert_value(at(at(figure("offcpu_other_s"), "by"), "vcpu/0"), 2.5);
	reading.halts_unseen = false; /* no VM, or TCG's */
	deep_figures(&reading, names, 3, line);
	assert_text(at(figure("offcpu_halted_s"), "why"),
	            "\"the exits' BPF programs need CAP_SYS_ADMIN too\"");
}

static void reasons_by_name(void **state)
{
	struct json_object *npf, *unknown;

	(void)state;
	reading.nr_reasons = 3;
	reasons[0].key = (struct deep_exit_key){ 10, EXIT_ISA_SVM, 0x400 };
	reasons[0].what = (struct deep_exit){ .count = 60, .ns = 6000000, .max_ns = 300000 };
	reasons[1].key = (struct deep_exit_key){ 11, EXIT_ISA_SVM, 0x400 };
	reasons[1].what = (struct deep_exit){ .count = 20, .ns = 2000000, .max_ns = 400000 };
	reasons[2].key = (struct deep_exit_key){ 11, EXIT_ISA_SVM, 0x9999 };
	reasons[2].what = (struct deep_exit){ .count = 20, .ns = 1, .max_ns = 1 };
	reasons[0].what.time.bucket[16] = 60;
	deep_figures(&reading, names, 3, line);
	assert_text(at(figure("vm_exits_traced"), "value"), "100");
	assert_text(at(figure("vm_exits_traced"), "by"), "{\"vcpu/0\":60.0,\"vcpu/1\":40.0}");
	npf = at(at(line, "by_reason"), "npf");
	assert_text(at(npf, "count"), "80");
	assert_value(at(npf, "share"), 0.8);
	assert_value(at(npf, "total_s"), 0.008);
	assert_text(at(npf, "max_ns"), "400000");
	assert_value(at(npf, "p50_ns"), 16.5);
	assert_null(at(npf, "p99_ns"));
	assert_text(at(npf, "why"), "\"too few exits for a p99\"");
	assert_text(at(at(at(npf, "by"), "vcpu/1"), "why"), "\"too few exits for percentiles\"");
	assert_text(at(at(at(npf, "by"), "vcpu/1"), "count"), "20");
	unknown = at(at(line, "by_reason"), "0x9999");
	assert_text(at(unknown, "count"), "20");
}

static void no_exits(void **state)
{
	(void)state;
	deep_figures(&reading, names, 3, line);
	assert_null(at(figure("vm_exits_traced"), "value"));
	assert_non_null(
	        strstr(json_object_get_string(at(figure("vm_exits_traced"), "why")), "silent"));
	assert_false(json_has(line, "by_reason"));
	memcpy(reading.why_no_exits, "no VM in this arm", sizeof("no VM in this arm"));
	deep_figures(&reading, names, 3, line);
	assert_text(at(figure("vm_exit_time_s"), "why"), "\"no VM in this arm\"");
}

static void nothing_at_all(void **state)
{
	(void)state;
	deep_figures_none("no BTF", line);
	assert_int_equal(json_object_object_length(at(line, "figures")), 14);
	json_object_object_foreach(at(line, "figures"), name, one) {
		assert_null(at(one, "value"));
		assert_text(at(one, "why"), "\"no BTF\"");
		assert_true(*name);
	}
}

/* What other programs put into a futex's word; the operation has its flags (128: private, 256: the clock). */
static void words(void **state)
{
	(void)state;
	assert_int_equal(deep_futex_cause(128, 2), DEEP_LOCK);
	assert_int_equal(deep_futex_cause(0, 2), DEEP_LOCK);
	assert_int_equal(deep_futex_cause(128, 0x80000000u | 4242), DEEP_LOCK);
	assert_int_equal(deep_futex_cause(6 | 128, 0), DEEP_LOCK);
	assert_int_equal(deep_futex_cause(13 | 128, 0), DEEP_LOCK);
	assert_int_equal(deep_futex_cause(0, ~0u), DEEP_CONDITION);
	assert_int_equal(deep_futex_cause(9 | 128 | 256, 0), DEEP_CONDITION);
	assert_int_equal(deep_futex_cause(9 | 128, 2), DEEP_CONDITION);
	assert_int_equal(deep_futex_cause(11 | 128, 2), DEEP_CONDITION);
}

/* As perf kvm stat prints them. */
static void exit_names(void **state)
{
	(void)state;
	assert_string_equal(exit_name(EXIT_ISA_SVM, 0x400), "npf");
	assert_string_equal(exit_name(EXIT_ISA_SVM, 0x078), "hlt");
	assert_string_equal(exit_name(EXIT_ISA_SVM, 0x07b), "io");
	assert_string_equal(exit_name(EXIT_ISA_VMX, 1), "EXTERNAL_INTERRUPT");
	assert_string_equal(exit_name(EXIT_ISA_VMX, 12), "HLT");
	assert_string_equal(exit_name(EXIT_ISA_VMX, 48), "EPT_VIOLATION");
	assert_null(exit_name(EXIT_ISA_VMX, 0x9999));
	assert_null(exit_name(3, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets),
		cmocka_unit_test(percentiles),
		cmocka_unit_test(exit_names),
		cmocka_unit_test(words),
		cmocka_unit_test_setup_teardown(by_role_and_thread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lost_threads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(run_delay_is_exact, set_up, tear_down),
		cmocka_unit_test_setup_teardown(run_delay_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unseen_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_ten_greatest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_list_lacks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(halts_not_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reasons_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_exits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_at_all, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
