/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_open_wait.c - waits across the ends of a window, with known beginnings and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "open_wait.h"

#define MSEC 1000000LL

/* A thread that was runnable at this time, with so much of each behind it. */
static struct sched_sample at(int64_t ms, int64_t waited_ms, int64_t ran_ms, uint64_t slices)
{
	return (struct sched_sample){ .alive = true,
		                      .is_runnable = true,
		                      .has_schedstat = true,
		                      .is_open = true,
		                      .read_ns = ms * MSEC,
		                      .looked_ns = ms * MSEC,
		                      .run_delay_ns = (uint64_t)(waited_ms * MSEC),
		                      .cpu_time_ns = (uint64_t)(ran_ms * MSEC),
		                      .timeslices = slices };
}

static void look(struct sched_sample *sample, enum open_wait_edge edge, struct sched_sample now)
{
	open_wait_settle(sample, edge, &now);
}

/* It waits from 900 to 1250; the window ends at 1000. */
static void the_part_after_the_end_is_left_out(void **state)
{
	struct sched_sample end = at(1000, 5, 100, 7);

	(void)state;
	look(&end, OPEN_WAIT_END, at(1249, 5, 100, 7));
	assert_true(end.is_open && end.open_ns == 0);
	look(&end, OPEN_WAIT_END, at(1251, 355, 101, 8));
	assert_true(!end.is_open && !end.open_is_vague);
	assert_int_equal(end.open_ns, 99 * MSEC);
}

/* It waits from 900 to 1250; the window starts at 1000. */
static void the_part_before_the_start_is_left_out(void **state)
{
	struct sched_sample start = at(1000, 5, 100, 7), end = at(2000, 355, 850, 8);

	(void)state;
	look(&start, OPEN_WAIT_START, at(1249, 5, 100, 7));
	look(&start, OPEN_WAIT_START, at(1251, 355, 101, 8));
	assert_int_equal(start.open_ns, 101 * MSEC);
	end.is_open = false;
	open_wait_finish(&start, &end);
	assert_false(start.open_is_vague || end.open_is_vague);
}

/* No wait was open: those after the end are no part of it. */
static void one_that_ran_has_no_open_wait(void **state)
{
	struct sched_sample end = at(1000, 5, 100, 7);

	(void)state;
	look(&end, OPEN_WAIT_END, at(1004, 8, 101, 8));
	assert_true(!end.is_open && end.open_ns == 0);
}

static void one_that_never_ran_waited_all_the_while(void **state)
{
	struct sched_sample start = at(1000, 5, 100, 7), end = at(1600, 5, 100, 7);

	(void)state;
	open_wait_finish(&start, &end);
	assert_int_equal(end.open_ns - start.open_ns, 600 * MSEC);
	assert_false(start.open_is_vague || end.open_is_vague);
}

/* However late somebody looked. */
static void one_wait_around_the_window_is_all_of_it(void **state)
{
	struct sched_sample start = at(1000, 5, 100, 7), end = at(1600, 5, 100, 7);

	(void)state;
	look(&start, OPEN_WAIT_START, at(1900, 805, 101, 8));
	look(&end, OPEN_WAIT_END, at(1900, 805, 101, 8));
	open_wait_finish(&start, &end);
	assert_int_equal(end.open_ns - start.open_ns, 600 * MSEC);
	assert_false(start.open_is_vague || end.open_is_vague);
}

static void what_still_waits_is_a_lower_bound(void **state)
{
	struct sched_sample start = at(1000, 5, 100, 7), end = at(1600, 5, 300, 9);

	(void)state;
	start.is_open = false;
	open_wait_finish(&start, &end);
	assert_true(!end.is_open && end.open_is_vague && end.open_ns == 0);
}

/* Nobody looked for long: how much of it lies before the end is not known to 10 ms. */
static void a_late_look_is_a_lower_bound(void **state)
{
	struct sched_sample end = at(1000, 5, 100, 7);

	(void)state;
	look(&end, OPEN_WAIT_END, at(1300, 355, 150, 8));
	assert_int_equal(end.open_ns, 50 * MSEC);
	assert_true(end.open_is_vague);
}

static void looks_come_at_once_and_then_less_often(void **state)
{
	(void)state;
	assert_int_equal(open_wait_next_ns(0, 0), OPEN_WAIT_LOOK_NS);
	assert_int_equal(open_wait_next_ns(0, 64 * MSEC), 66 * MSEC);
	assert_int_equal(open_wait_next_ns(0, 900 * MSEC), 905 * MSEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_part_after_the_end_is_left_out),
		cmocka_unit_test(the_part_before_the_start_is_left_out),
		cmocka_unit_test(one_that_ran_has_no_open_wait),
		cmocka_unit_test(one_that_never_ran_waited_all_the_while),
		cmocka_unit_test(one_wait_around_the_window_is_all_of_it),
		cmocka_unit_test(what_still_waits_is_a_lower_bound),
		cmocka_unit_test(a_late_look_is_a_lower_bound),
		cmocka_unit_test(looks_come_at_once_and_then_less_often),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("open_wait", tests, NULL, NULL);
}
