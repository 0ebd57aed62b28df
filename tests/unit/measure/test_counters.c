/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_counters.c - figures from recorded reads: guest and host apart, shares, and what is missing. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "counters_parts.h"
#include "figure_peek.h"
#include "json.h"

enum {
	GUEST_CYCLES,
	GUEST_INSTRUCTIONS,
	CYCLES,
	INSTRUCTIONS,
	GUEST_LLC_LOADS,
	GUEST_LLC_MISSES,
	LLC_LOADS,
	LLC_MISSES
};

static const char *const counted[] = {
	"cycles",
	"instructions",
	"llc_loads",
	"llc_misses",
	"branch_misses",
	"dtlb_misses",
	"stalled_cycles_frontend",
	"stalled_cycles_backend",
};

/* A counter that reads what was recorded. */
static void record(struct counters *counters, int thread, int event, uint64_t count,
                   uint64_t enabled_ns, uint64_t running_ns)
{
	const struct reading reading = { count, enabled_ns, running_ns };
	struct counter *counter = counter_at(counters, thread, event);

	counter->why = 0;
	counter->fd = memfd_create("reading", MFD_CLOEXEC);
	assert_true(counter->fd >= 0);
	assert_int_equal(pwrite(counter->fd, &reading, sizeof(reading), 0), sizeof(reading));
}

static struct counters *recorded(void)
{
	static const struct counters_thread threads[] = {
		{ .is_vcpu = true, .role = "vcpu", .key = "vcpu/0" },
		{ .is_vcpu = true, .role = "vcpu", .key = "vcpu/1" },
		{ .role = "emulator", .key = "emulator/0" },
	};
	struct counters *counters = calloc(1, sizeof(*counters));

	assert_non_null(counters);
	events_builtin(&counters->set);
	counters->nr = ARRAY_SIZE(threads);
	counters->share = 1;
	counters->thread = malloc(sizeof(threads));
	counters->counter = calloc(ARRAY_SIZE(threads) * (size_t)counters->set.nr,
	                           sizeof(*counters->counter));
	assert_true(counters->thread && counters->counter);
	memcpy(counters->thread, threads, sizeof(threads));
	for (int t = 0; t < counters->nr; t++) {
		for (int i = 0; i < counters->set.nr; i++) {
			struct counter *counter = counter_at(counters, t, i);

			counter->fd = -1;
			counter->why = counters->set.event[i].only_vcpus && t == 2 ? 0 : ENOENT;
		}
	}
	return counters;
}

/* As an Intel host would give it: exclude_host and exclude_guest, everything all of the time. */
static void test_split(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = recorded();

	(void)state;
	for (int t = 0; t < 2; t++) {
		record(counters, t, GUEST_CYCLES, 4000, 90, 90);
		record(counters, t, GUEST_INSTRUCTIONS, 6000, 90, 90);
		record(counters, t, CYCLES, 1000, 90, 90);
		record(counters, t, INSTRUCTIONS, 500, 90, 90);
	}
	record(counters, 2, CYCLES, 2000, 30, 30);
	record(counters, 2, INSTRUCTIONS, 3000, 30, 30);
	counters_figures(counters, figures);
	assert_true(near(value(figures, "cycles", NULL), 12000));
	assert_true(near(value(figures, "instructions", NULL), 16000));
	assert_true(near(value(figures, "cycles", "vcpu"), 10000));
	assert_true(near(value(figures, "cycles", "vcpu/1"), 5000));
	assert_true(near(value(figures, "ipc", NULL), 16.0 / 12));
	assert_true(near(value(figures, "ipc", "vcpu"), 1.3));
	assert_true(near(value(figures, "ipc", "emulator/0"), 1.5));
	assert_true(near(value(figures, "ipc_guest", NULL), 1.5));
	assert_true(near(value(figures, "ipc_guest", "vcpu/0"), 1.5));
	assert_true(isnan(value(figures, "ipc_guest", "emulator/0")));
	assert_true(near(value(figures, "ipc_host", "vcpu/0"), 0.5));
	assert_true(near(value(figures, "ipc_host", NULL), 1));
	assert_non_null(strstr(why(figures, "llc_loads"), "ENOENT"));
	assert_true(counters_share(counters) >= 1);
}

static double mode(struct json_object *figures, const char *name, const char *mode, const char *by)
{
	char text[64];

	snprintf(text, sizeof(text), "%s_%s", name, mode);
	return value(figures, text, by);
}

/* Every hardware figure: guest mode and host mode apart, and their sum, each part scaled by its own share. */
static void test_split_all(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = recorded();
	const struct event_set *set = &counters->set;

	(void)state;
	for (int i = 0; i < set->nr; i++) {
		uint64_t count = set->event[i].only_vcpus ? 3000 : 1000;

		for (int t = 0; t < 3; t++) {
			if (t < 2 || !set->event[i].only_vcpus)
				record(counters, t, i, count, 100, t == 1 ? 50 : 100);
		}
	}
	counters_figures(counters, figures);
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		assert_true(near(mode(figures, counted[i], "guest", NULL), 9000));
		assert_true(near(mode(figures, counted[i], "guest", "vcpu/1"), 6000));
		assert_true(isnan(mode(figures, counted[i], "guest", "emulator")));
		assert_true(near(mode(figures, counted[i], "host", NULL), 4000));
		assert_true(near(mode(figures, counted[i], "host", "vcpu"), 3000));
		assert_true(near(value(figures, counted[i], NULL), 13000));
		assert_true(near(value(figures, counted[i], "vcpu"), 12000));
	}
}

/* Natively and under TCG no thread has a guest mode, and so no host mode apart from it. */
static void test_no_guest(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = recorded();

	(void)state;
	for (int t = 0; t < 3; t++) {
		counters->thread[t].is_vcpu = false;
		for (int i = 0; i < counters->set.nr; i++) {
			counter_at(counters, t, i)->why = 0;
			if (!counters->set.event[i].only_vcpus)
				record(counters, t, i, 1000, 100, 100);
		}
	}
	counters_figures(counters, figures);
	assert_true(near(value(figures, "ipc", NULL), 1));
	assert_non_null(strstr(why(figures, "ipc_host"), "no thread here runs a guest"));
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		char name[64];

		assert_true(near(value(figures, counted[i], NULL), 3000));
		snprintf(name, sizeof(name), "%s_guest", counted[i]);
		assert_non_null(strstr(why(figures, name), "no thread here runs a guest"));
		snprintf(name, sizeof(name), "%s_host", counted[i]);
		assert_non_null(strstr(why(figures, name), "no thread here runs a guest"));
		assert_true(isnan(value(figures, name, "vcpu")));
	}
}

/* A PMU that cannot tell guest from host: the one event counts both, and no half of it is claimed. */
static void test_no_split(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = recorded();

	(void)state;
	for (int t = 0; t < 3; t++) {
		record(counters, t, CYCLES, 1000, 90, 90);
		record(counters, t, INSTRUCTIONS, 500, 90, 90);
	}
	for (int t = 0; t < 2; t++)
		counter_at(counters, t, GUEST_CYCLES)->why =
		        counter_at(counters, t, GUEST_INSTRUCTIONS)->why = EOPNOTSUPP;
	counters_figures(counters, figures);
	assert_true(near(value(figures, "cycles", NULL), 3000));
	assert_true(near(value(figures, "ipc", "vcpu"), 0.5));
	assert_non_null(strstr(why(figures, "ipc_guest"), "cannot tell guest from host"));
	assert_non_null(strstr(why(figures, "ipc_host"), "cannot be told apart"));
	assert_true(near(value(figures, "ipc_host", "emulator/0"), 0.5));
}

static void test_share(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = recorded();
	struct json_object *o;
	double share;

	(void)state;
	for (int t = 0; t < 3; t++) {
		if (t < 2) {
			record(counters, t, GUEST_LLC_LOADS, 0, 100, 50);
			record(counters, t, GUEST_LLC_MISSES, 0, 100, 50);
		}
		record(counters, t, LLC_LOADS, 1000, 100, 50);
		record(counters, t, LLC_MISSES, 10, 100, t == 1 ? 0 : 50);
		record(counters, t, CYCLES, 1000, t == 1 ? 50 : 100, 100);
	}
	counters_figures(counters, figures);
	assert_true(near(value(figures, "llc_loads", NULL), 6000));
	o = figure_of(figures, "llc_loads");
	assert_int_equal(json_get_double(o, "llc_loads", "share", &share, NULL), 0);
	assert_true(near(share, 0.5));
	assert_true(counters_share(counters) < 0.4);
	/* one thread's unknown makes the sum unknown, not the others */
	assert_non_null(strstr(why(figures, "llc_misses"), "vcpu/1: never on the PMU"));
	assert_true(near(value(figures, "llc_misses", "vcpu/0"), 20));
	assert_true(isnan(value(figures, "llc_misses", "vcpu")));
	assert_true(near(value(figures, "llc_misses", "emulator"), 20));
	assert_non_null(strstr(why(figures, "cycles"), "vcpu/1: ran longer"));
}

/* The kernel counts its clocks in ns; all times here are in s. */
static void test_clocks(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(json_done) struct json_object *none = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = recorded();
	const char *unit = "";

	(void)state;
	assert_int_equal(events_parse("task-clock,cpu-clock:u,page-faults", EVENTS_SYSFS,
	                              &counters->set, NULL),
	                 0);
	for (int t = 0; t < 3; t++) {
		record(counters, t, 0, 1500000000, 90, 90);
		record(counters, t, 1, 500000000, 90, 90);
		record(counters, t, 2, 7, 90, 90);
	}
	counters_figures(counters, figures);
	assert_true(near(value(figures, "task-clock", NULL), 4.5));
	assert_true(near(value(figures, "task-clock", "vcpu"), 3));
	assert_true(near(value(figures, "task-clock", "vcpu/1"), 1.5));
	assert_true(near(value(figures, "cpu-clock:u", NULL), 1.5));
	assert_true(near(value(figures, "page-faults", NULL), 21));
	counters_none(&counters->set, "nobody looked", none);
	for (int i = 0; i < 2; i++) {
		struct json_object *from = i ? none : figures;

		assert_int_equal(json_get_string(figure_of(from, "cpu-clock:u"), "cpu-clock:u",
		                                 "unit", &unit, NULL),
		                 0);
		assert_string_equal(unit, "s");
		assert_int_equal(json_get_string(figure_of(from, "page-faults"), "page-faults",
		                                 "unit", &unit, NULL),
		                 0);
		assert_string_equal(unit, "1");
	}
}

/* Nothing was counted, nothing is divided by. */
static void test_zero(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = recorded();

	(void)state;
	for (int t = 0; t < 3; t++) {
		for (int i = GUEST_CYCLES; i <= INSTRUCTIONS; i++) {
			if (t < 2 || i >= CYCLES)
				record(counters, t, i, 0, 0, 0);
		}
	}
	counters_figures(counters, figures);
	assert_true(near(value(figures, "cycles", NULL), 0));
	assert_non_null(strstr(why(figures, "ipc"), "nothing was counted"));
	assert_non_null(strstr(why(figures, "ipc_guest"), "nothing was counted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),    cmocka_unit_test(test_split_all),
		cmocka_unit_test(test_no_guest), cmocka_unit_test(test_no_split),
		cmocka_unit_test(test_share),    cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
