/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_deep_locks.c - a thread that sleeps for a lock of the kernel's own, by BPF and by its own clock.  Needs the rights
 * and a kernel with BTF.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "deep.h"
#include "deep_room.h"
#include "text.h"

#define WAITED_NS  100000000
#define HELD_BYTES ((size_t)16 << 20)

struct writers {
	int file;
	char *bytes;
	atomic_int tid;
	atomic_bool done, stop;
	uint64_t waited_ns; /* by the small writes */
	int nr;
};

/* Both on one CPU: beside each other a waiter would spin, not sleep, for the lock of one who works. */
static void *write_much(void *arg)
{
	struct writers *writers = arg;

	to_last_cpu();
	while (!atomic_load(&writers->stop)) {
		if (pwrite(writers->file, writers->bytes, HELD_BYTES, 0) != (ssize_t)HELD_BYTES)
			exit(1);
	}
	return NULL;
}

static void *write_little(void *arg)
{
	struct writers *writers = arg;

	to_last_cpu();
	atomic_store(&writers->tid, (int)syscall(SYS_gettid));
	while (writers->waited_ns < WAITED_NS) {
		int64_t ns = clock_now_ns();

		if (pwrite(writers->file, writers->bytes, 1, 0) != 1)
			exit(1);
		writers->waited_ns += (uint64_t)(clock_now_ns() - ns);
		writers->nr++;
		usleep(1000);
	}
	atomic_store(&writers->done, true);
	while (!atomic_load(&writers->stop))
		usleep(1000);
	return NULL;
}

/* The inode's lock is held for as long as a write of many bytes takes.  All waits lie inside the window. */
static void a_lock_of_the_kernel(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct writers writers = { .file = memfd_create("qlaunch-test", MFD_CLOEXEC),
		                   .bytes = calloc(1, HELD_BYTES) };
	const struct deep_sums *sums;
	struct err err = { 0 };
	pthread_t much, little;
	int64_t ours, theirs;

	(void)state;
	if (!deep)
		skip();
	deep_watch(deep, getpid(), NULL, 0);
	assert_int_equal(deep_start(deep, &err), 0);
	assert_int_equal(pthread_create(&much, NULL, write_much, &writers), 0);
	assert_int_equal(pthread_create(&little, NULL, write_little, &writers), 0);
	while (!atomic_load(&writers.done))
		usleep(1000);
	deep_stop(deep);
	assert_int_equal(deep_read(deep, &reading, &err), 0);
	atomic_store(&writers.stop, true);
	pthread_join(much, NULL);
	pthread_join(little, NULL);
	sums = sums_of(&reading, writers.tid);
	ours = (int64_t)sums->off_ns[DEEP_LOCK];
	theirs = (int64_t)writers.waited_ns;
	printf("# a lock of the kernel's: %.3f ms by BPF, %.3f ms in %d writes by their own clock, of these at most "
	       "%.3f ms for a CPU\n",
	       (double)ours / 1e6, (double)theirs / 1e6, writers.nr,
	       (double)sums->run_delay_ns / 1e6);
	assert_true(ours > 0 && ours <= theirs);
	/* a wait whose end the kernel did not tell is in no sum */
	assert_true(reading.unseen || ours >= theirs * 90 / 100 - (int64_t)sums->run_delay_ns);
	free(writers.bytes);
	fd_close(&writers.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_of_the_kernel),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, deep_room_open, deep_room_close);
}
