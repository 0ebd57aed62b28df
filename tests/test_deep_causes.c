/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_deep_causes.c - why a thread is off its CPU, by BPF, beside what the thread's own clock says: one thread that waits
 * in every way in turn, for a partner that lets it wait.  Needs the rights and a kernel with BTF.
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
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "deep.h"
#include "text.h"

#define WAIT_NS   2000000
#define WINDOW_NS 500000000

enum way { NO_WAY, MUTEX, PI_MUTEX, CONDITION, PIPE, SLEEP, WAYS };

static const struct {
	const char *name;
	enum deep_cause cause;
} ways[WAYS] = {
	[MUTEX] = { "a mutex", DEEP_LOCK },
	[PI_MUTEX] = { "a mutex that inherits priorities", DEEP_LOCK },
	[CONDITION] = { "a condition variable", DEEP_CONDITION },
	[PIPE] = { "a pipe", DEEP_OTHER },
	[SLEEP] = { "a sleep", DEEP_OTHER },
};

struct pair {
	pthread_t waiter, partner;
	atomic_int tid, wanted, ready; /* enum way */
	atomic_bool stop, over;        /* the waiter first: it needs its partner */
	pthread_mutex_t mutex, pi_mutex;
	pthread_cond_t cond;
	bool is_true;
	int pipe[2];
	_Atomic uint64_t waited_ns[WAYS], longest_ns[WAYS];
};

static struct deep *deep;

static int open_deep(void **state)
{
	struct err err = { 0 };

	(void)state;
	if (deep_open(&deep, &err))
		printf("# no BPF here: %s\n", err.text);
	return 0;
}

static int close_deep(void **state)
{
	(void)state;
	deep_close(&deep);
	return 0;
}

static void sleep_ns(int64_t ns)
{
	const struct timespec time = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static void wait_for(struct pair *pair, enum way way)
{
	char byte;

	if (way == MUTEX || way == PI_MUTEX || way == CONDITION)
		pthread_mutex_lock(way == PI_MUTEX ? &pair->pi_mutex : &pair->mutex);
	if (way == CONDITION) {
		while (!pair->is_true)
			pthread_cond_wait(&pair->cond, &pair->mutex);
		pair->is_true = false;
	}
	if (way == MUTEX || way == PI_MUTEX || way == CONDITION)
		pthread_mutex_unlock(way == PI_MUTEX ? &pair->pi_mutex : &pair->mutex);
	if (way == PIPE && read(pair->pipe[0], &byte, 1) != 1)
		exit(1);
	if (way == SLEEP)
		sleep_ns(WAIT_NS);
}

static void *wait_in_turn(void *arg)
{
	struct pair *pair = arg;
	enum way way = MUTEX;

	atomic_store(&pair->tid, (int)syscall(SYS_gettid));
	while (!atomic_load(&pair->stop)) {
		uint64_t ns;

		/* the request is answered by a thread that has what is wanted: no sleep on the way there */
		atomic_store(&pair->wanted, way);
		while (atomic_load(&pair->ready) != (int)way)
			sched_yield();
		atomic_store(&pair->ready, NO_WAY);
		ns = (uint64_t)clock_now_ns();
		wait_for(pair, way);
		ns = (uint64_t)clock_now_ns() - ns;
		pair->waited_ns[way] += ns;
		if (ns > pair->longest_ns[way])
			pair->longest_ns[way] = ns;
		way = way + 1 < WAYS ? way + 1 : MUTEX;
	}
	return NULL;
}

/* The first half is what the waiter waits for; it says that it is there, and lets go a little later. */
static void let_wait(struct pair *pair, enum way way)
{
	if (way == MUTEX)
		pthread_mutex_lock(&pair->mutex);
	if (way == PI_MUTEX)
		pthread_mutex_lock(&pair->pi_mutex);
	atomic_store(&pair->ready, way);
	sleep_ns(WAIT_NS);
	if (way == MUTEX)
		pthread_mutex_unlock(&pair->mutex);
	if (way == PI_MUTEX)
		pthread_mutex_unlock(&pair->pi_mutex);
	if (way == CONDITION) {
		pthread_mutex_lock(&pair->mutex);
		pair->is_true = true;
		pthread_cond_signal(&pair->cond);
		pthread_mutex_unlock(&pair->mutex);
	}
	if (way == PIPE && write(pair->pipe[1], "", 1) != 1)
		exit(1);
}

static void *partner(void *arg)
{
	struct pair *pair = arg;

	while (!atomic_load(&pair->over)) {
		enum way way = atomic_exchange(&pair->wanted, NO_WAY);

		if (way)
			let_wait(pair, way);
		else
			sleep_ns(20000);
	}
	return NULL;
}

static void pair_start(struct pair *pair)
{
	pthread_mutexattr_t inherits;

	pthread_mutexattr_init(&inherits);
	pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&pair->mutex, NULL);
	pthread_mutex_init(&pair->pi_mutex, &inherits);
	pthread_cond_init(&pair->cond, NULL);
	assert_int_equal(pipe(pair->pipe), 0);
	assert_int_equal(pthread_create(&pair->waiter, NULL, wait_in_turn, pair), 0);
	assert_int_equal(pthread_create(&pair->partner, NULL, partner, pair), 0);
	while (!atomic_load(&pair->tid))
		sleep_ns(100000);
}

static void pair_end(struct pair *pair)
{
	atomic_store(&pair->stop, true);
	pthread_join(pair->waiter, NULL);
	atomic_store(&pair->over, true);
	pthread_join(pair->partner, NULL);
	fd_close(&pair->pipe[0]);
	fd_close(&pair->pipe[1]);
}

static const struct deep_sums *seen(const struct deep_reading *reading, int tid)
{
	for (int i = 0; i < reading->nr_threads; i++) {
		if (reading->threads[i].tid == tid)
			return &reading->threads[i].thread.sums;
	}
	fail_msg("thread %d was not seen", tid);
	return NULL;
}

static void copy_times(const _Atomic uint64_t *from, uint64_t *to)
{
	for (int i = 0; i < WAYS; i++)
		to[i] = from[i];
}

/* What the waiter's own clock says of all ways with this cause; it includes the way back to a CPU. */
static uint64_t sum_of(enum deep_cause cause, const uint64_t *of_way)
{
	uint64_t sum = 0;

	for (int way = MUTEX; way < WAYS; way++)
		sum += ways[way].cause == cause ? of_way[way] : 0;
	return sum;
}

/* A wait across an end of the window is in the clock's sum or not, whole; BPF cuts it. */
static void assert_cause(const char *name, enum deep_cause cause, const struct deep_sums *sums,
                         const uint64_t *waited, const uint64_t *longest)
{
	int64_t ours = (int64_t)sums->off_ns[cause], theirs = (int64_t)sum_of(cause, waited);
	int64_t edges = 2 * (int64_t)sum_of(cause, longest);

	printf("# %s: %.3f ms by BPF, %.3f ms by its own clock, of these at most %.3f ms for a CPU\n",
	       name, (double)ours / 1e6, (double)theirs / 1e6, (double)sums->run_delay_ns / 1e6);
	assert_true(theirs > 5 * WAIT_NS && ours > 5 * WAIT_NS);
	assert_true(ours >= theirs * 95 / 100 - (int64_t)sums->run_delay_ns - edges);
	assert_true(ours <= theirs * 105 / 100 + edges);
}

static void each_way(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	uint64_t before[WAYS], waited[WAYS], longest[WAYS];
	struct pair pair = { 0 };
	const struct deep_sums *sums;
	struct err err = { 0 };

	(void)state;
	if (!deep)
		skip();
	pair_start(&pair);
	deep_watch(deep, getpid(), NULL, 0);
	sleep_ns(20000000);
	copy_times(pair.waited_ns, before);
	assert_int_equal(deep_start(deep, &err), 0);
	sleep_ns(WINDOW_NS);
	deep_stop(deep);
	copy_times(pair.waited_ns, waited);
	copy_times(pair.longest_ns, longest);
	pair_end(&pair);
	assert_int_equal(deep_read(deep, &reading, &err), 0);
	sums = seen(&reading, pair.tid);
	for (int i = 0; i < WAYS; i++)
		waited[i] -= before[i];
	assert_cause("locks", DEEP_LOCK, sums, waited, longest);
	assert_cause("conditions", DEEP_CONDITION, sums, waited, longest);
	assert_cause("a pipe, and asleep", DEEP_OTHER, sums, waited, longest);
	assert_int_equal(sums->off_ns[DEEP_HALTED], 0);
}

struct stuck {
	pthread_t thread;
	atomic_int tid;
	pthread_mutex_t *mutex;
	pthread_cond_t *cond; /* NULL: for the mutex itself */
	int in;               /* or for a pipe, where there is no mutex */
};

static void *be_stuck(void *arg)
{
	struct stuck *stuck = arg;
	char byte;

	atomic_store(&stuck->tid, (int)syscall(SYS_gettid));
	if (!stuck->mutex)
		return read(stuck->in, &byte, 1) == 1 ? stuck : NULL;
	pthread_mutex_lock(stuck->mutex);
	if (stuck->cond)
		pthread_cond_wait(stuck->cond, stuck->mutex);
	pthread_mutex_unlock(stuck->mutex);
	return NULL;
}

static bool sleeps(pid_t tid)
{
	char path[64], text[512];
	const char *tail;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	tail = text_read_file(path, text, sizeof(text), NULL) < 0 ? NULL : strrchr(text, ')');
	return tail && tail[1] && tail[2] == 'S';
}

static void stuck_start(struct stuck *stuck)
{
	assert_int_equal(pthread_create(&stuck->thread, NULL, be_stuck, stuck), 0);
	while (!atomic_load(&stuck->tid) || !sleeps(stuck->tid))
		sleep_ns(100000);
}

/* Who sleeps from before the watch until after it was never seen to leave: /proc says in which call it sleeps. */
static void all_the_time(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER, free = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	struct stuck stuck[3] = { { .mutex = &held }, { .mutex = &free, .cond = &cond } };
	const enum deep_cause cause[3] = { DEEP_LOCK, DEEP_CONDITION, DEEP_OTHER };
	struct err err = { 0 };
	pid_t tids[3];
	int ends[2];

	(void)state;
	if (!deep)
		skip();
	assert_int_equal(pipe(ends), 0);
	stuck[2].in = ends[0];
	pthread_mutex_lock(&held);
	for (int i = 0; i < 3; i++) {
		stuck_start(&stuck[i]);
		tids[i] = stuck[i].tid;
	}
	deep_watch(deep, getpid(), tids, 3);
	assert_int_equal(deep_start(deep, &err), 0);
	sleep_ns(20000000);
	deep_stop(deep);
	assert_int_equal(deep_read(deep, &reading, &err), 0);
	pthread_mutex_unlock(&held);
	pthread_mutex_lock(&free);
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&free);
	assert_int_equal(write(ends[1], "", 1), 1);
	for (int i = 0; i < 3; i++) {
		pthread_join(stuck[i].thread, NULL);
		assert_int_equal(seen(&reading, tids[i])->off_ns[cause[i]],
		                 reading.stop_ns - reading.start_ns);
	}
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way),
		cmocka_unit_test(all_the_time),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_deep, close_deep);
}
