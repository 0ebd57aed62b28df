/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_observe_cost.c - the price of watching is that of what is watched with: perf_event_open is ours here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "fake_perf.h"
#include "observe_cost.h"
#include "session.h"
#include "spec.h"

static struct {
	int opened, of_guest;
} perf;

bool fake_perf_opens(const struct perf_event_attr *attr, pid_t tid)
{
	if (tid != 0) { /* not of ourselves: that only asks whether it is allowed */
		perf.opened++;
		perf.of_guest += attr->exclude_host;
	}
	return true;
}

static int opened_for(struct session *session, int level, const char *events, bool kvm)
{
	const struct spec spec = { .observe = (enum observe)level, .events = events };
	struct err err;

	perf.opened = perf.of_guest = 0;
	assert_int_equal(observe_cost(session, &spec, kvm, &err), 0);
	assert_true(level == OBSERVE_LIGHT ||
	            observe_price(&session->observe, OBSERVE_COUNTERS, &spec, kvm) > 0);
	return perf.opened;
}

static int opened_by(struct session *session, int level, const char *events)
{
	return opened_for(session, level, events, false);
}

/* Of the game's two threads. */
static void each_list_of_events_has_its_price(void **state)
{
	struct session session = { 0 };
	char again[] = "task-clock";

	(void)state;
	assert_int_equal(opened_by(&session, OBSERVE_LIGHT, NULL), 0);
	assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, "task-clock"), 2);
	assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, "task-clock,page-faults"), 4);
	assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, again), 0);
	/* where nothing is said it is the same level */
	assert_int_equal(opened_by(&session, OBSERVE_AUTO, "task-clock,page-faults"), 0);
	assert_int_equal(opened_by(&session, OBSERVE_AUTO, "page-faults"), 2);
	assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, NULL), 16);
	assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, NULL), 0);
}

/* On a vCPU of KVM's each built-in event stands there in guest mode and in host mode. */
static void vcpus_have_a_price_of_their_own(void **state)
{
	struct session session = { 0 };

	(void)state;
	assert_int_equal(opened_for(&session, OBSERVE_COUNTERS, NULL, true), 32);
	assert_int_equal(perf.of_guest, 16);
	assert_int_equal(opened_for(&session, OBSERVE_COUNTERS, NULL, false), 16);
	assert_int_equal(perf.of_guest, 0);
	assert_int_equal(opened_for(&session, OBSERVE_COUNTERS, NULL, true), 0);
}

static void more_lists_than_are_kept_are_measured_again(void **state)
{
	char events[OBSERVE_PRICES + 1][16];
	struct session session = { 0 };

	(void)state;
	for (int i = 0; i <= OBSERVE_PRICES; i++) {
		snprintf(events[i], sizeof(events[i]), "r%x", i + 1);
		assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, events[i]), 2);
	}
	assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, events[OBSERVE_PRICES]), 0);
	assert_int_equal(opened_by(&session, OBSERVE_COUNTERS, events[0]), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_of_events_has_its_price),
		cmocka_unit_test(vcpus_have_a_price_of_their_own),
		cmocka_unit_test(more_lists_than_are_kept_are_measured_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
