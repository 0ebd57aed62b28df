/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_reuse.c - a thread ends and its number is given to a canary at once, again and again: the plan that was made
 * for the thread never touches the canary.  100 times, with CAMPAIGN=1 10,000 times.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crowd_room.h"
#include "placement.h"
#include "victim.h"

static pid_t canary;

static int tear_down(void **state)
{
	victim_end(&canary);
	return crowd_room_close(state);
}

/* Asks the kernel for `want` as the next number; others race us for it, so this may fail. */
static bool choose_next(pid_t want)
{
	FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "w");

	if (!file)
		return false;
	fprintf(file, "%d", want - 1);
	return !fclose(file);
}

static bool start_canary(pid_t want)
{
	for (int i = 0; i < 20; i++) {
		if (!choose_next(want))
			return false;
		canary = victim_start();
		if (canary == want)
			return true;
		victim_end(&canary);
	}
	return false;
}

static void canaries_are_never_touched(void **state)
{
	int rounds = getenv("CAMPAIGN") ? 10000 : 100, hits = 0;
	struct placement plan[] = { { .role = ROLE_VCPU,
		                      .index = -1,
		                      .has_cpus = true,
		                      .has_policy = true,
		                      .policy = { .class = SCHED_BATCH } } };
	struct cpuset all, now;

	(void)state;
	assert_int_equal(affinity_read(0, &all, NULL), 0);
	cpuset_add(&plan[0].cpus, cpuset_next(&all, -1));
	if (cpuset_count(&all) < 2 || !choose_next(getpid() + 1)) {
		print_message("# one CPU, or no right to choose the next process number\n");
		skip();
	}
	for (int i = 0; i < rounds; i++) {
		pid_t tid = crowd_add(&crowd, "vcpu");
		struct thread known = { .tid = tid, .role = ROLE_VCPU };

		threads_done(&threads);
		assert_true(threads_scan(crowd.pid, &known, 1, ROLE_EMULATOR, &threads, NULL) > 0);
		crowd_remove(&crowd, tid);
		hits += start_canary(tid);
		assert_int_equal(placement_apply(plan, 1, &threads, NULL), 0);
		if (canary > 1) {
			assert_int_equal(affinity_read(canary, &now, NULL), 0);
			assert_true(cpuset_is_equal(&now, &all));
			assert_int_equal(sched_getscheduler(canary), SCHED_OTHER);
		}
		victim_end(&canary);
	}
	print_message("# %d of %d numbers were used again\n", hits, rounds);
	assert_true(hits > rounds / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(canaries_are_never_touched, crowd_room_open,
		                                tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("reuse", tests, NULL, NULL);
}
