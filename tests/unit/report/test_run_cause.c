/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_run_cause.c - what stood in the way of a run's vCPUs, from lines in which it is known. */
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
#include "json.h"
#include "run_cause.h"
#include "run_view.h"

/* Ten seconds of one vCPU (tid 11) and the main loop (tid 10). */
struct story {
	const char *policy, *cpus, *emulator_cpus; /* got */
	const char *pin;
	double ran, waited, emulator_ran;
	int voluntary;
	const char *host;    /* more members of `host` */
	const char *figures; /* more figures */
	const char *members; /* more of the line */
};

#define OLD "\"kernel\": \"6.1.0\", \"rt_runtime_us\": \"950000\", \"rt_period_us\": \"1000000\""
#define NEW "\"kernel\": \"6.12.0\", \"rt_runtime_us\": \"950000\", \"rt_period_us\": \"1000000\""
/* the fair server's own settings, as the host had them */
#define NARROW                                                                                     \
	NEW ", \"fair_server_runtime_ns\": \"20000000\", \"fair_server_period_ns\": \"1000000000\""
#define NO_SERVER                                                                                  \
	NEW ", \"fair_server_runtime_ns\": \"0\", \"fair_server_period_ns\": \"1000000000\""
#define NO_KEPT "\"kernel\": \"6.1.0\", \"rt_runtime_us\": \"-1\", \"rt_period_us\": \"1000000\""
#define TAKEN_BY(comm, tid, seconds)                                                               \
	"{\"victim\": \"vcpu/0\", \"comm\": \"" comm "\", \"tid\": " tid                           \
	", \"count\": 3, \"time_s\": " seconds "}"

static struct json_object *line_of(const struct story *story)
{
	struct json_object *line;
	struct err err = { 0 };
	char text[4096];

	snprintf(text, sizeof(text),
	         "{\"window_s\": {\"host\": 10}, \"host\": {%s}, \"spec\": {%s%s%s}, \"threads\": ["
	         "{\"tid\": 11, \"role\": \"vcpu\", \"index\": 0, \"stray\": false, "
	         "\"want\": {\"cpus\": \"%s\", \"policy\": \"%s\"}, "
	         "\"got\": {\"cpus\": \"%s\", \"policy\": \"%s\"}},"
	         "{\"tid\": 10, \"role\": \"emulator\", \"index\": 0, \"stray\": false, "
	         "\"want\": {\"cpus\": \"%s\", \"policy\": \"other\"}, "
	         "\"got\": {\"cpus\": \"%s\", \"policy\": \"other\"}}], \"figures\": {"
	         "\"cpu_time_s\": {\"value\": 1, \"by\": {\"vcpu/0\": %g, \"emulator/0\": %g}}, "
	         "\"run_delay_s\": {\"value\": 1, \"by\": {\"vcpu/0\": %g, \"emulator/0\": 0}}, "
	         "\"context_switches_voluntary\": {\"value\": 1, \"by\": {\"vcpu/0\": %d}}%s}%s}",
	         story->host ? story->host : "", story->pin ? "\"pin\": \"" : "",
	         story->pin ? story->pin : "", story->pin ? "\"" : "", story->cpus, story->policy,
	         story->cpus, story->policy, story->emulator_cpus, story->emulator_cpus, story->ran,
	         story->emulator_ran, story->waited, story->voluntary,
	         story->figures ? story->figures : "", story->members ? story->members : "");
	if (json_parse(text, strlen(text), &line, &err))
		fail_msg("%s: %s", err.text, text);
	return line;
}

static void cause_of(const struct story *story, char *buf, size_t size)
{
	CLEANUP(json_done) struct json_object *line = line_of(story);
	CLEANUP(run_view_done) struct run_view view = { 0 };

	assert_int_equal(run_view_make(line, true, &view), 0);
	run_cause(&view, buf, size);
}

static const struct {
	struct story story;
	const char *says, *mends;
} cases[] = {
	{ { "fifo:1", "1", "0", "1", 9.4, 0.001, 0.1, 9, OLD, NULL, NULL },
	  "nothing on this host kept the vCPUs waiting: vcpu/0, which waited most, waited <0.1 %",
	  "" },
	{ { "fifo:1", "1", "0", "1", 9.5, 0.5, 0.1, 9, OLD, NULL, NULL },
	  "waited for a CPU 5.0 % of the time: it is a real-time thread, so this is most likely RT "
	  "throttling (kernel.sched_rt_runtime_us=950000 of 1000000)",
	  "sysctl kernel.sched_rt_runtime_us=-1" },
	{ { "rr:1", "1", "0", "1", 9.5, 0.5, 0.1, 9, NEW, NULL, NULL },
	  "the fair server",
	  "/sys/kernel/debug/sched/fair_server/cpuN/runtime" },
	{ { "rr:1", "1", "0", "1", 9.5, 0.2, 0.1, 9, NARROW, NULL, NULL },
	  "gives normal threads 2 % of a CPU",
	  "/sys/kernel/debug/sched/fair_server/cpuN/runtime" },
	{ { "rr:1", "1", "0", "1", 9.5, 0.5, 0.1, 9, NO_SERVER, NULL, NULL },
	  "of its priority or above",
	  "" },
	/* more than the kernel takes */
	{ { "fifo:1", "1", "0", "1", 5, 5, 0.1, 9, NEW, NULL, NULL },
	  "other threads of this host of its priority or above ran on CPU 1",
	  "raise --policy above it" },
	{ { "fifo:1", "1", "0", "1", 9.5, 0.5, 0.1, 9, NO_KEPT, NULL, NULL },
	  "of its priority or above",
	  "raise --policy" },
	{ { "fifo:1", "1", "0", "1", 9.5, 0.5, 0.1, 9, NEW, NULL,
	    ", \"preemptors\": [" TAKEN_BY("stress", "99", "0.4") "]" },
	  "gives normal threads (most often stress (99)) 5 % of a CPU",
	  "keep them off CPU 1" },
	{ { "other", "0-1", "0-1", NULL, 6, 3, 2, 9, OLD, NULL, NULL },
	  "waited for a CPU 30.0 % of the time: emulator/0 of the same VM ran on CPUs 0-1 too "
	  "(20.0 % of the time)",
	  "--pin gives the vCPUs CPUs that QEMU's other threads stay off" },
	{ { "other", "1", "1", "1", 6, 3, 2, 9, OLD, NULL, NULL },
	  "emulator/0 of the same VM ran on CPU 1 too",
	  "--emulator-pin" },
	/* its own emulator cannot keep a real-time vCPU waiting */
	{ { "fifo:1", "1", "1", "1", 6, 3, 2, 9, OLD, NULL, NULL },
	  "of its priority or above",
	  "" },
	/* who was seen counts, not who might have */
	{ { "other", "0-1", "0-1", NULL, 6, 3, 2, 9, OLD, NULL,
	    ", \"preemptors\": [" TAKEN_BY("make", "99", "2.5") ", " TAKEN_BY("qemu", "10",
	                                                                      "0.2") "]" },
	  "on CPUs 0-1 it was preempted most by make (99), which is not of this VM",
	  "--pin to CPUs that are free, or --policy fifo" },
	{ { "other", "0-1", "0-1", NULL, 6, 3, 0.4, 9, OLD, NULL,
	    ", \"preemptors\": [" TAKEN_BY("qemu", "10", "2.2") ", " TAKEN_BY("make", "99",
	                                                                      "0.5") "]" },
	  "emulator/0 of the same VM",
	  "--pin" },
	{ { "other", "1", "0", "1", 6, 3, 2, 9, OLD, NULL, NULL },
	  "other threads of this host ran on CPU 1, and --observe deep names them",
	  "--policy fifo, or move it elsewhere" },
	{ { "other", "1", "0", "1", 6, 0.5, 2, 9, OLD,
	    ", \"host_steal_s\": {\"value\": 9, \"by\": {\"cpu/0\": 7, \"cpu/1\": 2}}", NULL },
	  "took up to 20.0 % of CPU 1's time (steal)",
	  "outer host" },
	{ { "other", "1", "0", "1", 6, 0.01, 2, 9, OLD,
	    ", \"halt_poll_success_s\": {\"value\": 3, \"by\": {\"vcpu/0\": 3}}"
	    ", \"halt_poll_fail_s\": {\"value\": 1, \"by\": {\"vcpu/0\": 1}}",
	    ", \"vm\": {\"kvm_modules\": {\"kvm\": {\"halt_poll_ns\": \"200000\"}}}" },
	  "vcpu/0 spent 40.0 % of the time in KVM's halt polling",
	  "/sys/module/kvm/parameters/halt_poll_ns, now 200000" },
	/* a wait that goes on is in no run delay yet: it has never slept, so it waited */
	{ { "other", "1", "0", "1", 0.1, 0.00001, 2, 0, OLD, NULL, NULL },
	  "waited for a CPU 99.0 % of the time",
	  "" },
	/* after a warm-up it may have slept since before the window */
	{ { "other", "1", "0", "1", 0.1, 0.00001, 2, 0, OLD, NULL, ", \"warmup\": {}" },
	  "nothing on this host",
	  "" },
};

static void each_cause_is_named_with_what_mends_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char got[1200];

		cause_of(&cases[i].story, got, sizeof(got));
		if (!strstr(got, cases[i].says) || !strstr(got, cases[i].mends))
			fail_msg("case %zu: \"%s\" where \"%s\" and \"%s\" should be", i, got,
			         cases[i].says, cases[i].mends);
	}
}

static void what_is_not_known_is_said(void **state)
{
	static const char *const lines[] = {
		"{\"window_s\": {\"host\": null}, \"threads\": [{\"role\": \"vcpu\", \"index\": 0}], \"figures\": "
		"{\"run_delay_s\": {\"value\": 1, \"by\": {\"vcpu/0\": 1}}}}",
		"{\"window_s\": {\"host\": 10}, \"threads\": [{\"role\": \"vcpu\", \"index\": 0}], \"figures\": "
		"{\"run_delay_s\": {\"value\": null, \"why\": \"no CONFIG_SCHED_INFO\"}}}",
		"{\"window_s\": {\"host\": 10}, \"threads\": [{\"role\": \"vcpu\", \"index\": 0}], \"figures\": 7}",
		"{\"window_s\": {\"host\": 10}, \"threads\": [7, {\"role\": 7}, {\"index\": 0}]}",
		"{\"window_s\": {\"host\": 10}, \"threads\": [{\"role\": \"pool\", \"index\": 0, \"want\": 3}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(json_done) struct json_object *line = NULL;
		CLEANUP(run_view_done) struct run_view view = { 0 };
		char got[1200];

		assert_int_equal(json_parse(lines[i], strlen(lines[i]), &line, NULL), 0);
		assert_int_equal(run_view_make(line, false, &view), 0);
		run_cause(&view, got, sizeof(got));
		assert_memory_equal(got, "not known: ", 11);
	}
}

static void a_line_without_threads_is_no_view(void **state)
{
	static const char *const lines[] = {
		"{}",
		"[]",
		"{\"window_s\": {\"host\": 1}, \"threads\": []}",
		"{\"window_s\": {\"host\": 1}, \"threads\": {}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(json_done) struct json_object *line = NULL;
		struct run_view view = { 0 };

		assert_int_equal(json_parse(lines[i], strlen(lines[i]), &line, NULL), 0);
		assert_int_equal(run_view_make(line, true, &view), -ENODATA);
	}
}

static void lists_of_cpus_are_read(void **state)
{
	(void)state;
	assert_true(run_cpus_have("0-3,8", 3) && run_cpus_have("0-3,8", 8));
	assert_false(run_cpus_have("0-3,8", 4) || run_cpus_have("", 0) || run_cpus_have("x", 0));
	assert_true(run_cpus_share("0-3", "3-7"));
	assert_false(run_cpus_share("0-3", "4-7") || run_cpus_share("", "") ||
	             run_cpus_share("1", "10"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cause_is_named_with_what_mends_it),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(a_line_without_threads_is_no_view),
		cmocka_unit_test(lists_of_cpus_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
