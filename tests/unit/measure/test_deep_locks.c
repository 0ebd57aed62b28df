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
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "deep.h"
#include "deep_room.h"
#include "sched.h"
#include "text.h"

#define SLEPT_NS   100000000
#define WRITES     20
#define HELD_BYTES ((size_t)16 << 20)

struct writers {
	int file;
	char *bytes;
	atomic_int tid, much_tid;
	atomic_bool done, stop;
	int64_t took_ns, slept_ns; /* the small writes, and asleep in them */
	int nr;
};

/* Both on one CPU: beside each other a waiter would spin, not sleep, for the lock of one who works. */
static void *write_much(void *arg)
{
	struct writers *writers = arg;

	to_last_cpu();
	atomic_store(&writers->much_tid, (int)syscall(SYS_gettid));
	while (!atomic_load(&writers->stop)) {
		if (pwrite(writers->file, writers->bytes, HELD_BYTES, 0) != (ssize_t)HELD_BYTES)
			exit(1);
	}
	return NULL;
}

/* How long the thread has neither worked nor waited for a CPU, since whenever. */
static int64_t sleep_time_ns(pid_t tid)
{
	struct sched_sample sample = { 0 };
	struct timespec cpu;
	struct err err;

	if (sched_read(getpid(), tid, &sample, &err))
		exit(1);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return clock_now_ns() - (int64_t)sample.run_delay_ns - cpu.tv_sec * NSEC_PER_SEC -
	       cpu.tv_nsec;
}

static void *write_little(void *arg)
{
	struct writers *writers = arg;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	to_last_cpu();
	setpriority(PRIO_PROCESS, 0, -10);
	atomic_store(&writers->tid, tid);
	while (writers->slept_ns < SLEPT_NS || writers->nr < WRITES) {
		int64_t begun_ns = clock_now_ns(), ns = sleep_time_ns(tid);

		if (pwrite(writers->file, writers->bytes, 1, 0) != 1)
			exit(1);
		writers->slept_ns += sleep_time_ns(tid) - ns;
		writers->took_ns += clock_now_ns() - begun_ns;
		writers->nr++;
		usleep(1000);
	}
	atomic_store(&writers->done, true);
	while (!atomic_load(&writers->stop))
		usleep(1000);
	return NULL;
}

/*
 * The lock of the CPU's run queue is taken all the time, so that whoever goes to sleep there has to spin for it: a spin
 * for one lock is not the end of the wait for another.
 */
static void *disturb(void *arg)
{
	struct writers *writers = arg;
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	setpriority(PRIO_PROCESS, 0, -15); /* also beside a busy machine's tasks */
	for (int nice = 0; !atomic_load(&writers->stop); nice = !nice)
		setpriority(PRIO_PROCESS, (id_t)atomic_load(&writers->much_tid), nice - 10);
	return NULL;
}

/* The inode's lock is held for as long as a write of many bytes takes.  All waits lie inside the window. */
static bool wait_for_a_lock(void)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct writers writers = { .file = memfd_create("qlaunch-test", MFD_CLOEXEC),
		                   .bytes = calloc(1, HELD_BYTES) };
	const struct deep_sums *sums;
	struct err err = { 0 };
	pthread_t much, little, other;
	int64_t ours, theirs, pre;

	deep_watch(deep, getpid(), NULL, 0);
	deep_start(deep);
	assert_int_equal(pthread_create(&much, NULL, write_much, &writers), 0);
	assert_int_equal(pthread_create(&little, NULL, write_little, &writers), 0);
	while (!atomic_load(&writers.tid) || !atomic_load(&writers.much_tid))
		usleep(1000);
	assert_int_equal(pthread_create(&other, NULL, disturb, &writers), 0);
	while (!atomic_load(&writers.done))
		usleep(1000);
	deep_stop(deep);
	assert_int_equal(deep_read(deep, &reading, &err), 0);
	atomic_store(&writers.stop, true);
	pthread_join(much, NULL);
	pthread_join(little, NULL);
	pthread_join(other, NULL);
	free(writers.bytes);
	fd_close(&writers.file);
	if (reading.unseen)
		return false;
	sums = sums_of(&reading, writers.tid);
	ours = (int64_t)sums->off_ns[DEEP_LOCK];
	theirs = writers.slept_ns;
	pre = (int64_t)sums->off_ns[DEEP_PREEMPTED]; /* which /proc does not always count */
	printf("# a lock of the kernel's: %.3f ms by BPF, %.3f ms in %d writes by its own clock, of these at most %.3f ms "
	       "preempted\n",
	       (double)ours / 1e6, (double)theirs / 1e6, writers.nr, (double)pre / 1e6);
	assert_true(ours > 0 && ours <= writers.took_ns);
	assert_true(ours + pre >= theirs * 95 / 100);
	return true;
}

static void a_lock_of_the_kernel(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) /* not each of them has such a spin */
		in_a_whole_window(wait_for_a_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_of_the_kernel),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, deep_room_open, deep_room_close);
}
