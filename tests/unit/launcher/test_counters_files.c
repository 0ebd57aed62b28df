/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_counters_files.c - which counters are opened where there are few files: perf_event_open is ours here. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "counters.h"
#include "events.h"
#include "fake_perf.h"
#include "files.h"

static struct {
	bool has_modes; /* the PMU tells guest from host */
	int opened;     /* of the thread */
} perf;

#define THREAD 7
#define KEPT   8 /* for the rest of the program */

bool fake_perf_opens(const struct perf_event_attr *attr, pid_t tid)
{
	if ((attr->exclude_guest || attr->exclude_host) && !perf.has_modes) {
		errno = EINVAL;
		return false;
	}
	perf.opened += tid == THREAD;
	return true;
}

static void leave(int files)
{
	struct rlimit limit = { 0, 4096 };
	int nr = 0;

	for (int fd = 0; fd < 1024; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	limit.rlim_cur = (rlim_t)(nr + files + KEPT);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void what_is_left_is_what_could_be_opened(void **state)
{
	(void)state;
	leave(3);
	assert_int_equal(files_left(), 3);
	leave(-1);
	assert_int_equal(files_left(), -1);
}

static int opened_with(int files, bool is_vcpu, bool has_modes)
{
	const struct counters_thread thread = { .tid = THREAD, .is_vcpu = is_vcpu };
	CLEANUP(counters_close) struct counters *counters = NULL;
	struct event_set set;
	struct err err;

	events_builtin(&set);
	perf.has_modes = has_modes;
	perf.opened = 0;
	leave(files);
	assert_int_equal(counters_open(&set, &thread, 1, &counters, &err), 0);
	return perf.opened;
}

static void few_files_go_to_what_can_be_opened(void **state)
{
	(void)state;
	assert_int_equal(opened_with(40, false, true), 8);
	assert_int_equal(opened_with(40, true, true), 16);
	assert_int_equal(opened_with(5, true, true), 5);
	/* a PMU that knows no guest counts both modes at once, with few files as with many */
	assert_int_equal(opened_with(40, true, false), 8);
	assert_int_equal(opened_with(5, true, false), 5);
	assert_int_equal(opened_with(5, false, false), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_is_what_could_be_opened),
		cmocka_unit_test(few_files_go_to_what_can_be_opened),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
