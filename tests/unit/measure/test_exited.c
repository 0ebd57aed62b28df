/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_exited.c - the kernel's records of real threads that ended: theirs, all of them, and nobody else's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crowd_room.h"
#include "exited.h"

#define MSEC 1000000LL

static struct exited *exited;

static int close_all(void **state)
{
	exited_close(&exited);
	return crowd_room_close(state);
}

/* A container or a user without the right has none. */
static void open_or_skip(void)
{
	struct err err = { 0 };
	int rc = exited_open(crowd.pid, &exited, &err);

	if (!rc)
		return;
	assert_true(strlen(err.text) > 20);
	skip();
}

static void a_thread_says_what_it_did(void **state)
{
	pid_t tid = crowd_add(&crowd, "napper"), got = 0;
	struct sched_sample last;

	(void)state;
	open_or_skip();
	assert_int_equal(crowd_spin(&crowd, tid, 20 * MSEC), 0);
	assert_int_equal(crowd_nap(&crowd, tid, 50), 0);
	assert_int_equal(crowd_remove(&crowd, tid), 0);
	assert_true(exited_next(exited, &got, &last));
	assert_int_equal(got, tid);
	assert_true(last.is_last && !last.alive && last.has_schedstat);
	assert_true(last.voluntary >= 50 && last.voluntary < 60);
	assert_true(last.cpu_time_ns > 20 * MSEC);
	assert_true(last.timeslices > 50 && last.minor_faults > 0);
	assert_false(exited_next(exited, &got, &last));
	assert_true(exited_is_whole(exited));
}

static void nobody_elses(void **state)
{
	struct crowd other;
	struct sched_sample last;
	pid_t tid, got;

	(void)state;
	open_or_skip();
	crowd_start(&other);
	tid = crowd_add(&other, "stranger");
	assert_int_equal(crowd_remove(&other, tid), 0);
	crowd_end(&other);
	assert_false(exited_next(exited, &got, &last));
}

static void what_was_before_is_forgotten(void **state)
{
	pid_t first = crowd_add(&crowd, "first"), second, got;
	struct sched_sample last;

	(void)state;
	open_or_skip();
	assert_int_equal(crowd_remove(&crowd, first), 0);
	exited_forget(exited);
	second = crowd_add(&crowd, "second");
	assert_int_equal(crowd_remove(&crowd, second), 0);
	assert_true(exited_next(exited, &got, &last));
	assert_int_equal(got, second);
}

/* More than there is room for: it is known that some are missing. */
static void a_full_buffer_is_told(void **state)
{
	struct sched_sample last;
	pid_t got;
	int nr = 0;

	(void)state;
	open_or_skip();
	exited_set_room(exited, 1);
	for (int i = 0; i < 40; i++)
		assert_int_equal(crowd_remove(&crowd, crowd_add(&crowd, "brief")), 0);
	while (exited_next(exited, &got, &last))
		nr++;
	assert_true(nr < 40);
	assert_false(exited_is_whole(exited));
	exited_forget(exited);
	assert_true(exited_is_whole(exited));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_thread_says_what_it_did, crowd_room_open,
		                                close_all),
		cmocka_unit_test_setup_teardown(nobody_elses, crowd_room_open, close_all),
		cmocka_unit_test_setup_teardown(what_was_before_is_forgotten, crowd_room_open,
		                                close_all),
		cmocka_unit_test_setup_teardown(a_full_buffer_is_told, crowd_room_open, close_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("exited", tests, NULL, NULL);
}
