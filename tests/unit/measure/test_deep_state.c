/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_deep_state.c - what a window's end makes of a thread that is in the middle of a sleep or a halt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "deep_hist.h"
#include "deep_shared.h"
#include "deep_state.h"
#include "err.h"
#include "exit_names.h"
#include "text.h"

#define EPOCH 3

/* Asleep from 150 on, in a window from 100 to 200; it has slept 40 before, since it left its guest. */
static struct deep_thread sleeper(unsigned int exit_reason)
{
	return (struct deep_thread){
		.epoch = EPOCH,
		.cause = DEEP_OTHER,
		.out_ns = 150,
		.exit_ns = exit_reason ? 105 : 0,
		.exit_isa = EXIT_ISA_SVM,
		.exit_reason = exit_reason,
		.asleep_ns = 40,
		.sums = { .off_ns = { [DEEP_OTHER] = 45 } },
	};
}

static void close_window(struct deep_thread *thread)
{
	deep_state_close(getpid(), getpid(), 100, 200, EPOCH, thread);
}

static void a_halt_in_pieces(void **state)
{
	struct deep_thread thread = sleeper(0x78);

	(void)state;
	if (!exit_name(EXIT_ISA_SVM, 0x78))
		skip();
	close_window(&thread);
	assert_int_equal(thread.sums.off_ns[DEEP_HALTED], 90);
	assert_int_equal(thread.sums.off_ns[DEEP_OTHER], 5);
}

/* For a moment on its CPU, to see that it may not go on yet. */
static void a_halt_awake(void **state)
{
	struct deep_thread thread = sleeper(0x78);

	(void)state;
	if (!exit_name(EXIT_ISA_SVM, 0x78))
		skip();
	thread.cause = DEEP_ON_CPU;
	thread.out_ns = 0;
	close_window(&thread);
	assert_int_equal(thread.sums.off_ns[DEEP_HALTED], 40);
	assert_int_equal(thread.sums.off_ns[DEEP_OTHER], 5);
}

static void no_halt(void **state)
{
	static const unsigned int io_or_none[] = { 0x7b, 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct deep_thread thread = sleeper(io_or_none[i]);

		close_window(&thread);
		assert_int_equal(thread.sums.off_ns[DEEP_HALTED], 0);
		assert_int_equal(thread.sums.off_ns[DEEP_OTHER], 95);
	}
}

/* What it slept in an earlier window is none of this one. */
static void another_window(void **state)
{
	struct deep_thread thread = sleeper(0x78);

	(void)state;
	if (!exit_name(EXIT_ISA_SVM, 0x78))
		skip();
	thread.epoch = EPOCH - 1;
	thread.out_ns = 50;
	close_window(&thread);
	assert_int_equal(thread.sums.off_ns[DEEP_HALTED], 100);
	assert_int_equal(thread.sums.off_ns[DEEP_OTHER], 0);
}

/* It waits for a CPU since 120, or since before the window: all of it inside counts, and is a wait as any other. */
static void a_wait_goes_on(void **state)
{
	static const struct {
		unsigned long long since, wanted;
	} cases[] = { { 120, 80 }, { 50, 100 }, { 250, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct deep_thread thread = {
			.epoch = EPOCH,
			.cause = DEEP_PREEMPTED,
			.out_ns = cases[i].since,
			.runnable_ns = cases[i].since,
			.sums = { .run_delay_ns = 7, .run_delay_max_ns = 7 },
		};

		close_window(&thread);
		assert_int_equal(thread.sums.run_delay_ns, 7 + cases[i].wanted);
		assert_int_equal(thread.sums.off_ns[DEEP_PREEMPTED], cases[i].wanted);
		assert_int_equal(thread.sums.run_delay_max_ns,
		                 cases[i].wanted > 7 ? cases[i].wanted : 7);
		assert_int_equal(deep_hist_count(&thread.sums.run_delay), cases[i].wanted > 0);
		assert_int_equal(deep_hist_count(&thread.sums.wakeup), 0);
	}
}

/* Woken at 170: asleep until then. */
static void a_wake_up_goes_on(void **state)
{
	struct deep_thread thread = sleeper(0);

	(void)state;
	thread.runnable_ns = 170;
	thread.woken = 1;
	close_window(&thread);
	assert_int_equal(thread.sums.off_ns[DEEP_OTHER], 45 + 20);
	assert_int_equal(thread.sums.run_delay_ns, 30);
	assert_int_equal(thread.sums.wakeup_max_ns, 30);
	assert_int_equal(deep_hist_count(&thread.sums.wakeup), 1);
}

/* Found runnable and never switched: this very process has run, by its CPU time, or has not. */
static void found_runnable(void **state)
{
	const int64_t start = clock_now_ns(), span = 100000000;
	struct deep_thread thread = { 0 }, waited;

	(void)state;
	assert_true(deep_state_now(getpid(), getpid(), &thread));
	thread.cause = DEEP_ON_CPU;
	thread.out_ns = (unsigned long long)start;
	thread.epoch = EPOCH;
	waited = thread;
	deep_state_close(getpid(), getpid(), start, start + span, EPOCH, &waited);
	assert_int_equal(waited.sums.run_delay_ns, span);
	assert_int_equal(waited.sums.off_ns[DEEP_PREEMPTED], span);
	thread.found_cpu_ns -= (unsigned long long)span;
	deep_state_close(getpid(), getpid(), start, start + span, EPOCH, &thread);
	assert_int_equal(thread.sums.run_delay_ns, 0);
	assert_int_equal(thread.sums.off_ns[DEEP_PREEMPTED], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_halt_in_pieces), cmocka_unit_test(a_halt_awake),
		cmocka_unit_test(no_halt),          cmocka_unit_test(another_window),
		cmocka_unit_test(a_wait_goes_on),   cmocka_unit_test(a_wake_up_goes_on),
		cmocka_unit_test(found_runnable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
