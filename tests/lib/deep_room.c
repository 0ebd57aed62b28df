/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_room.c - starts and ends what deep_room.h shows.  For tests alone. */
#include "deep_room.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "text.h"

#define WINDOWS 20

struct deep *deep;

int deep_room_open(void **state)
{
	struct err err = { 0 };

	(void)state;
	if (deep_open(&deep, &err))
		printf("# no BPF here: %s\n", err.text);
	else
		deep_open_exits(deep);
	return 0;
}

int deep_room_close(void **state)
{
	(void)state;
	deep_close(&deep);
	assert_null(deep);
	return 0;
}

void to_last_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void sleep_ns(int64_t ns)
{
	const struct timespec time = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

void in_a_whole_window(bool (*play)(void))
{
	if (!deep)
		skip();
	for (int i = 0; i < WINDOWS; i++) {
		if (play())
			return;
	}
	fail_msg("each of %d windows has waits whose end the kernel did not tell", WINDOWS);
}

const struct deep_sums *sums_of(const struct deep_reading *reading, int tid)
{
	for (int i = 0; i < reading->nr_threads; i++) {
		if (reading->threads[i].tid == tid)
			return &reading->threads[i].thread.sums;
	}
	fail_msg("thread %d was not seen", tid);
	return NULL;
}
