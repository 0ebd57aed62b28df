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
#include "deep_room.h"
#include "text.h"

#define WAIT_NS 2000000
#define TURNS   12 /* of all ways, whatever time that takes: the machine may be busy */

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
	atomic_int tid;
	pthread_mutex_t mutex, pi_mutex;
	pthread_cond_t cond;
	bool is_true;
	int wanted[2], ready[2],
	        pipe[2]; /* pipes: what is wanted, that it is there, and one of the ways */
	uint64_t waited_ns[WAYS];
	_Atomic int64_t done_ns; /* the waiter is through */
};

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

static int64_t clocked(struct pair *pair, enum way way, int64_t since_ns)
{
	int64_t now = clock_now_ns();

	pair->waited_ns[way] += (uint64_t)(now - since_ns);
	return now;
}

static void *wait_in_turn(void *arg)
{
	struct pair *pair = arg;

	atomic_store(&pair->tid, (int)syscall(SYS_gettid));
	for (int turn = 0; turn < TURNS; turn++) {
		for (enum way way = MUTEX; way < WAYS; way++) {
			char byte = (char)way;
			int64_t ns = clock_now_ns();

			/* the partner's word that it has what is waited for comes through a pipe as well */
			if (write(pair->wanted[1], &byte, 1) != 1 ||
			    read(pair->ready[0], &byte, 1) != 1)
				exit(1);
			ns = clocked(pair, PIPE, ns);
			wait_for(pair, way);
			clocked(pair, way, ns);
		}
	}
	fd_close(&pair->wanted[1]); /* and the partner ends */
	atomic_store(&pair->done_ns, clock_now_ns());
	for (char byte; read(pair->ready[0], &byte, 1) == 1;)
		; /* until pair_end() closes it */
	return NULL;
}

/* The first half is what the waiter waits for; it says that it is there, and lets go a little later. */
static void let_wait(struct pair *pair, enum way way)
{
	if (way == MUTEX)
		pthread_mutex_lock(&pair->mutex);
	if (way == PI_MUTEX)
		pthread_mutex_lock(&pair->pi_mutex);
	if (write(pair->ready[1], "", 1) != 1)
		exit(1);
	sleep_ns(WAIT_NS);
	if (way == MUTEX)
		pthread_mutex_unlock(&pair->mutex);
	if (way == PI_MUTEX)
		pthread_mutex_unlock(&pair->pi_mutex);
	if (way == CONDITION) {
		pthread_mutex_lock(&pair->mutex);
		pair->is_true = true;
		pthread_mutex_unlock(&pair->mutex); /* first: who wakes finds it free */
		pthread_cond_signal(&pair->cond);
	}
	if (way == PIPE && write(pair->pipe[1], "", 1) != 1)
		exit(1);
}

static void *partner(void *arg)
{
	struct pair *pair = arg;
	char way;

	while (read(pair->wanted[0], &way, 1) == 1)
		let_wait(pair, (enum way)way);
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
	assert_false(pipe(pair->pipe) || pipe(pair->wanted) || pipe(pair->ready));
	assert_int_equal(pthread_create(&pair->partner, NULL, partner, pair), 0);
	assert_int_equal(pthread_create(&pair->waiter, NULL, wait_in_turn, pair), 0);
}

static void pair_end(struct pair *pair)
{
	pthread_join(pair->partner, NULL);
	fd_close(&pair->ready[1]);
	pthread_join(pair->waiter, NULL);
	fd_close(&pair->wanted[0]);
	for (int i = 0; i < 2; i++) {
		fd_close(&pair->ready[i]);
		fd_close(&pair->pipe[i]);
	}
}

/* What the waiter's own clock says of all ways with this cause; it includes the way back to a CPU. */
static int64_t sum_of(enum deep_cause cause, const struct pair *pair)
{
	uint64_t sum = 0;

	for (int way = MUTEX; way < WAYS; way++)
		sum += ways[way].cause == cause ? pair->waited_ns[way] : 0;
	return (int64_t)sum;
}

/* All waits lie inside the window.  after: how long the waiter slept in the window when it was through. */
static void assert_cause(const char *name, enum deep_cause cause, const struct deep_sums *sums,
                         const struct pair *pair, int64_t after)
{
	int64_t ours = (int64_t)sums->off_ns[cause], theirs = sum_of(cause, pair);

	printf("# %s: %.3f ms by BPF, %.3f ms by its own clock, of these at most %.3f ms for a CPU\n",
	       name, (double)ours / 1e6, (double)theirs / 1e6, (double)sums->run_delay_ns / 1e6);
	assert_true(theirs > TURNS * WAIT_NS / 2 && ours > TURNS * WAIT_NS / 4);
	assert_true(ours >= theirs * 95 / 100 - (int64_t)sums->run_delay_ns);
	assert_true(ours <= theirs + after + WAIT_NS / 10);
}

static bool wait_in_each_way(void)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct pair pair = { 0 };
	const struct deep_sums *sums;
	struct err err = { 0 };
	int64_t after;

	deep_watch(deep, getpid(), NULL, 0);
	deep_start(deep);
	pair_start(&pair);
	while (!atomic_load(&pair.done_ns))
		sleep_ns(1000000);
	deep_stop(deep);
	assert_int_equal(deep_read(deep, &reading, &err), 0);
	pair_end(&pair);
	if (reading.unseen)
		return false;
	after = reading.stop_ns - pair.done_ns;
	sums = sums_of(&reading, pair.tid);
	assert_cause("locks", DEEP_LOCK, sums, &pair, 0);
	assert_cause("conditions", DEEP_CONDITION, sums, &pair, 0);
	assert_cause("pipes, and asleep", DEEP_OTHER, sums, &pair, after);
	assert_int_equal(sums->off_ns[DEEP_HALTED], 0);
	return true;
}

static void each_way(void **state)
{
	(void)state;
	in_a_whole_window(wait_in_each_way);
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
	deep_start(deep);
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
		assert_int_equal(sums_of(&reading, tids[i])->off_ns[cause[i]],
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
	return cmocka_run_group_tests(tests, deep_room_open, deep_room_close);
}
