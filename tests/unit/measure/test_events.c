/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_events.c - perf's spelling of events, by recorded PMUs; the built-in set. */
#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"
#include "text.h"

#define INTEL "tests/data/pmu-intel"
#define AMD   "tests/data/pmu-amd"
#define ODD   "tests/data/pmu-odd"

#define HW    PERF_TYPE_HARDWARE
#define SW    PERF_TYPE_SOFTWARE
#define CACHE PERF_TYPE_HW_CACHE
#define TRACE PERF_TYPE_TRACEPOINT

enum { NO_USER = 1, NO_KERNEL = 2, NO_HV = 4, NO_HOST = 8, NO_GUEST = 16 };

static const struct {
	const char *sysfs, *text;
	uint32_t type;
	uint64_t config, config1;
	int without;
} good[] = {
	{ INTEL, "cycles", HW, PERF_COUNT_HW_CPU_CYCLES, 0, 0 },
	{ INTEL, "cycles:G", HW, PERF_COUNT_HW_CPU_CYCLES, 0, NO_HOST },
	{ INTEL, "cycles:H", HW, PERF_COUNT_HW_CPU_CYCLES, 0, NO_GUEST },
	{ INTEL, "cycles:GH", HW, PERF_COUNT_HW_CPU_CYCLES, 0, 0 },
	{ INTEL, "instructions:u", HW, PERF_COUNT_HW_INSTRUCTIONS, 0, NO_KERNEL | NO_HV },
	{ INTEL, "instructions:k", HW, PERF_COUNT_HW_INSTRUCTIONS, 0, NO_USER | NO_HV },
	{ INTEL, "instructions:ukG", HW, PERF_COUNT_HW_INSTRUCTIONS, 0, NO_HV | NO_HOST },
	{ INTEL, "cache-misses", HW, PERF_COUNT_HW_CACHE_MISSES, 0, 0 },
	{ INTEL, "stalled-cycles-frontend", HW, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 0, 0 },
	{ INTEL, "branches", HW, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 0, 0 },
	{ INTEL, "LLC-loads", CACHE, 0x2, 0, 0 },
	{ INTEL, "LLC-load-misses", CACHE, 0x10002, 0, 0 },
	{ INTEL, "L1-dcache-stores", CACHE, 0x100, 0, 0 },
	{ INTEL, "L1-icache-load-misses", CACHE, 0x10001, 0, 0 },
	{ INTEL, "dTLB-load-misses:u", CACHE, 0x10003, 0, NO_KERNEL | NO_HV },
	{ INTEL, "iTLB-misses", CACHE, 0x10004, 0, 0 },
	{ INTEL, "branch-loads", CACHE, 0x5, 0, 0 },
	{ INTEL, "node-prefetch-misses", CACHE, 0x10206, 0, 0 },
	{ INTEL, "r1a2", PERF_TYPE_RAW, 0x1a2, 0, 0 },
	{ INTEL, "r1A2:G", PERF_TYPE_RAW, 0x1a2, 0, NO_HOST },
	{ INTEL, "task-clock", SW, PERF_COUNT_SW_TASK_CLOCK, 0, 0 },
	{ INTEL, "cs", SW, PERF_COUNT_SW_CONTEXT_SWITCHES, 0, 0 },
	{ INTEL, "cs:k", SW, PERF_COUNT_SW_CONTEXT_SWITCHES, 0, NO_USER | NO_HV },
	{ INTEL, "cgroup-switches", SW, PERF_COUNT_SW_CGROUP_SWITCHES, 0, 0 },
	{ INTEL, "bpf-output", SW, PERF_COUNT_SW_BPF_OUTPUT, 0, 0 },
	{ INTEL, "dummy:u", SW, PERF_COUNT_SW_DUMMY, 0, NO_KERNEL | NO_HV },
	{ INTEL, "task-clock:H", SW, PERF_COUNT_SW_TASK_CLOCK, 0, NO_GUEST },
	{ INTEL, "sched:sched_switch", TRACE, 316, 0, 0 },
	{ INTEL, "sched:sched_switch:k", TRACE, 316, 0, NO_USER | NO_HV },
	/* a PMU's own names, without the PMU; generic ones go first */
	{ INTEL, "slots", 4, 0x400, 0, 0 },
	{ INTEL, "slots:G", 4, 0x400, 0, NO_HOST },
	{ INTEL, "mem-loads", 4, 0x1cd, 3, 0 },
	{ INTEL, "tsc:u", 9, 0, 0, NO_KERNEL | NO_HV },
	{ INTEL, "cpu-cycles", HW, PERF_COUNT_HW_CPU_CYCLES, 0, 0 },
	{ INTEL, "msr/tsc/", 9, 0, 0, 0 },
	{ INTEL, "cpu/event=0x3c,umask=0x0/", 4, 0x3c, 0, 0 },
	{ INTEL, "cpu/event=0x3c,umask=0x1/u", 4, 0x13c, 0, NO_KERNEL | NO_HV },
	{ INTEL, "cpu/event=0x3c,umask=0x1/:G", 4, 0x13c, 0, NO_HOST },
	{ INTEL, "cpu/cache-misses/", 4, 0x412e, 0, 0 },
	{ INTEL, "cpu/event=0xc2,umask=1,inv,edge,cmask=16/", 4, 0x108401c2, 0, 0 },
	{ INTEL, "cpu/mem-loads/", 4, 0x1cd, 3, 0 },
	{ INTEL, "cpu/mem-loads,ldlat=0x1e/", 4, 0x1cd, 3 | 0x1e, 0 },
	{ INTEL, "cpu/config=0x1234,config1=5/", 4, 0x1234, 5, 0 },
	{ INTEL, "cpu//", 4, 0, 0, 0 },
	/* twelve bits in two places: the high four go to 32..35 */
	{ AMD, "cpu/event=0x76/", 4, 0x76, 0, 0 },
	{ AMD, "cpu/event=0x1c0,umask=0xff/", 4, 0x10000ffc0, 0, 0 },
	{ AMD, "cpu/event=0xfff/", 4, 0xf000000ff, 0, 0 },
};

static int without(const struct event *event)
{
	return event->no_user * NO_USER | event->no_kernel * NO_KERNEL | event->no_hv * NO_HV |
	       event->no_host * NO_HOST | event->no_guest * NO_GUEST;
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct event_set set = { 0 };
		struct err err = { 0 };
		const struct event *event = &set.event[0];

		if (events_parse(good[i].text, good[i].sysfs, &set, &err))
			fail_msg("%s: %s", good[i].text, err.text);
		assert_int_equal(set.nr, 1);
		if (event->type != good[i].type || event->config != good[i].config ||
		    event->config1 != good[i].config1 || without(event) != good[i].without ||
		    event->only_vcpus != !!(good[i].without & NO_HOST))
			fail_msg("%s: type %u config %#llx config1 %#llx without %d", good[i].text,
			         event->type, (unsigned long long)event->config,
			         (unsigned long long)event->config1, without(event));
		assert_string_equal(event->name, good[i].text);
		assert_int_equal(set.nr_figures, 1);
		assert_string_equal(set.figure[0].name, good[i].text);
	}
}

static const struct {
	const char *sysfs, *text, *says;
} bad[] = {
	{ INTEL, "", "empty" },
	{ INTEL, ",", "'': is no event" },
	{ INTEL, "cycles,", "'': is no event" },
	{ INTEL, "cycels", "is no event" },
	{ INTEL, "Cycles", "is no event" },
	{ INTEL, "LLC", "is no event" },
	{ INTEL, "LLC-load-hits", "is no event" },
	{ INTEL, "LLC-misses-loads", "is no event" },
	{ INTEL, "r", "is no event" },
	{ INTEL, "r0x1", "is no event" },
	{ INTEL, "r12345678123456781", "is no event" },
	{ INTEL, "cycles:", "no modifier" },
	{ INTEL, "cycles:pp", "no modifier" },
	{ INTEL, "cycles:u:k", "no modifier" },
	{ INTEL, "cycles,cycles", "twice" },
	{ INTEL, "context-switches:u", "would read 0" },
	{ INTEL, "migrations:uG", "would read 0" },
	{ INTEL, "{cs,cycles}:u", "would read 0" },
	{ INTEL, "cgroup-switches:u", "would read 0" },
	{ INTEL, "sched:sched_switch:u", "would read 0" },
	{ INTEL, "sched:sched_switch:", "no modifier" },
	{ INTEL, "sched:sched_switch:pp", "no modifier" },
	{ INTEL, "sched:sched_swatch", "'sched:sched_swatch': there is no such tracepoint" },
	{ INTEL, "kvm:kvm_exit", "module that is not loaded" },
	{ INTEL, "sched:*", "is a pattern" },
	{ INTEL, "sched:", "is no event" },
	{ INTEL, ":sched_switch", "is no event" },
	{ INTEL, "../sched:sched_switch", "no name of a PMU|second '/'" },
	{ INTEL, "sched:..", "is no event" },
	{ ODD, "sched:broken", "broken/id" },
	{ INTEL, "task-clock:G", "no guest mode" },
	{ INTEL, "sched:sched_switch:G", "no guest mode" },
	{ INTEL, "{dummy,cycles}:G", "no guest mode" },
	{ INTEL, "duration_time", "'duration_time': perf takes that from a clock" },
	{ INTEL, "user_time", "cpu_time_s" },
	{ INTEL, "topdown-retiring", "is no event" },
	{ ODD, "twice", "several PMUs have it (" },
	{ INTEL, "cpu/event=1,name=x/", "another name" },
	{ INTEL, "{cycles", "'}' is missing" },
	{ INTEL, "{cycles}u", "something follows" },
	{ INTEL, "cpu/event=1", "second '/'" },
	{ INTEL, "gpu/event=1/", "no PMU 'gpu'" },
	{ INTEL, "../pmu-amd/cpu/event=1/", "no name of a PMU" },
	{ INTEL, "cpu/../type/", "second '/'|no term" },
	{ INTEL, "cpu/.type/", "no term" },
	{ INTEL, "cpu/event=/", "is no number" },
	{ INTEL, "cpu/event=-1/", "is no number" },
	{ INTEL, "cpu/event=0x1g/", "no number of 64 bits" },
	{ INTEL, "cpu/event=0x100/", "does not fit" },
	{ INTEL, "cpu/edge=2/", "does not fit" },
	{ INTEL, "cpu/colour=1/", "knows no 'colour'" },
	{ INTEL, "cpu/event=1,period=100/", "sampling" },
	{ INTEL, "cpu/event=0x3c/x", "no modifier" },
	{ AMD, "cpu/event=0x1000/", "does not fit" },
	{ AMD, "cpu/mem-loads/", "knows no 'mem-loads'" },
	{ ODD, "wide/event=1/", "not understood" },
	{ ODD, "cut/event=1/", "not understood" },
	{ ODD, "high/event=1/", "not understood" },
	{ ODD, "loop/x/", "knows no" },
	{ ODD, "typeless/event=1/", "type" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct event_set set = { .nr = 77 };
		struct err err = { 0 };
		const char *bar = strchr(bad[i].says, '|');

		if (events_parse(bad[i].text, bad[i].sysfs, &set, &err) >= 0)
			fail_msg("'%s' was taken", bad[i].text);
		if (!strstr(err.text, bar ? bar + 1 : bad[i].says))
			fail_msg("'%s': %s", bad[i].text, err.text);
		assert_int_equal(set.nr, 77); /* untouched */
	}
}

/* Commas inside slashes and braces do not separate; a group counts together, its modifiers go to each. */
static void test_lists(void **state)
{
	struct event_set set;

	(void)state;
	assert_int_equal(events_parse("cpu/event=1,umask=2/,{cycles,instructions}:G,task-clock",
	                              INTEL, &set, NULL),
	                 0);
	assert_int_equal(set.nr, 4);
	assert_string_equal(set.event[1].name, "cycles:G");
	assert_string_equal(set.event[2].name, "instructions:G");
	assert_true(set.event[1].no_host && set.event[2].no_host && !set.event[3].no_host);
	assert_int_equal(set.event[1].group, set.event[2].group);
	assert_int_not_equal(set.event[1].group, set.event[0].group);
	assert_int_not_equal(set.event[1].group, set.event[3].group);
	/* IPC, and one figure each */
	assert_int_equal(set.nr_figures, 5);
	assert_string_equal(set.figure[0].name, "ipc");
	assert_int_equal(set.figure[0].over[0], 2);
	assert_int_equal(set.figure[0].under[0], 1);
}

/* IPC is of a pair that counts the same, and that pair is on the PMU together. */
static void test_pairs(void **state)
{
	struct event_set set;

	(void)state;
	assert_int_equal(
	        events_parse("instructions:u,cycles,instructions:G,cycles:u", INTEL, &set, NULL),
	        0);
	assert_string_equal(set.figure[0].name, "ipc");
	assert_int_equal(set.figure[0].over[0], 0);
	assert_int_equal(set.figure[0].under[0], 3);
	assert_int_equal(set.event[0].group, set.event[3].group);
	assert_int_equal(events_parse("instructions:u,cycles", INTEL, &set, NULL), 0);
	assert_int_equal(set.nr_figures, 2);
}

/* Software events share a group, but for those that have one. */
static void test_software(void **state)
{
	struct event_set set;

	(void)state;
	assert_int_equal(
	        events_parse("task-clock,cycles,{page-faults,r1},cs,r2", INTEL, &set, NULL), 0);
	assert_int_equal(set.event[0].group, set.event[4].group);
	assert_int_not_equal(set.event[0].group, set.event[1].group);
	assert_int_not_equal(set.event[0].group, set.event[2].group);
	assert_int_equal(set.event[2].group, set.event[3].group);
	assert_int_not_equal(set.event[4].group, set.event[5].group);
}

/* No tracefs here: the tracepoint may exist, so that is a missing figure and no error. */
static void test_no_tracefs(void **state)
{
	struct event_set set;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(events_parse("sched:sched_switch,cs", AMD, &set, &err), 0);
	assert_int_equal(set.event[0].lack, EVENT_NO_TRACEFS);
	assert_int_equal(set.event[1].lack, EVENT_KNOWN);
	assert_int_equal(set.event[0].group, set.event[1].group);
	assert_int_equal(events_parse("sched:sched_switch:u", AMD, &set, &err), -EINVAL);
}

static void test_too_many(void **state)
{
	char text[1024] = "r0";
	struct event_set set;
	struct err err = { 0 };

	(void)state;
	for (int i = 1; i < EVENTS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",r%x", i);
	assert_int_equal(events_parse(text, INTEL, &set, &err), 0);
	assert_int_equal(set.nr, EVENTS_MAX);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ",cycles");
	assert_true(events_parse(text, INTEL, &set, &err) < 0);
	memset(text, 'r', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(events_parse(text, INTEL, &set, &err) < 0);
}

static void test_builtin(void **state)
{
	struct event_set set;
	int in_group[EVENTS_MAX] = { 0 };

	(void)state;
	events_builtin(&set);
	for (int i = 0; i < set.nr; i++) {
		const struct event *event = &set.event[i];

		assert_true(++in_group[event->group] <= 2); /* fits what others leave of any PMU */
		assert_true(event->type == HW || event->type == CACHE);
		/* switches and migrations come from /proc: as counters they cost on every switch */
		assert_false(event_needs_kernel(event));
		if (event->guest_part)
			assert_int_equal(set.event[event->guest_part - 1].config, event->config);
		else
			assert_true(event->no_host && event->only_vcpus);
	}
	assert_string_equal(set.figure[0].name, "ipc");
	assert_int_equal(set.figure[0].nr_over, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),     cmocka_unit_test(test_bad),
		cmocka_unit_test(test_lists),    cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_too_many), cmocka_unit_test(test_software),
		cmocka_unit_test(test_builtin),  cmocka_unit_test(test_no_tracefs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
