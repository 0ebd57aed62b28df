/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_deep.c - BPF's sums beside what /proc says of the same threads: two spinners that share a CPU, a sleeper with a
 * timer, a reader of a disk, and threads that come and go.  Needs the rights and a kernel with BTF.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "deep.h"
#include "deep_hist.h"
#include "deep_room.h"
#include "sched.h"
#include "text.h"

#define WINDOW_NS (NSEC_PER_SEC)

struct actor {
	pthread_t thread;
	atomic_int tid;
	atomic_bool stop;
	struct sched_sample start, end;
};

static void *spin(void *arg)
{
	struct actor *actor = arg;

	to_last_cpu();
	setpriority(PRIO_PROCESS, 0, -10); /* beside a busy machine's tasks these two still meet */
	atomic_store(&actor->tid, (int)syscall(SYS_gettid));
	while (!atomic_load_explicit(&actor->stop, memory_order_relaxed))
		continue;
	return NULL;
}

static void *sleep_by_timer(void *arg)
{
	struct actor *actor = arg;
	struct timespec at;

	prctl(PR_SET_TIMERSLACK, 1);
	atomic_store(&actor->tid, (int)syscall(SYS_gettid));
	clock_gettime(CLOCK_MONOTONIC, &at);
	while (!atomic_load(&actor->stop)) {
		at.tv_nsec += 500000;
		at.tv_sec += at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	return NULL;
}

static void *read_disk(void *arg)
{
	struct actor *actor = arg;
	char path[] = "/var/tmp/qlaunch-test-deep.XXXXXX";
	CLEANUP(fd_close) int fd = mkstemp(path);
	void *block = aligned_alloc(4096, 4096);

	atomic_store(&actor->tid, (int)syscall(SYS_gettid));
	unlink(path);
	memset(block, 1, 4096);
	if (write(fd, block, 4096) != 4096 || fsync(fd) || fcntl(fd, F_SETFL, O_DIRECT))
		atomic_store(&actor->stop, true);
	while (!atomic_load(&actor->stop)) {
		if (pread(fd, block, 4096, 0) != 4096)
			break;
	}
	free(block);
	return NULL;
}

static void *be_born(void *arg)
{
	return arg;
}

static void start(struct actor *actor, void *(*play)(void *))
{
	assert_int_equal(pthread_create(&actor->thread, NULL, play, actor), 0);
	while (!atomic_load(&actor->tid))
		usleep(100);
}

static void end(struct actor *actor)
{
	atomic_store(&actor->stop, true);
	pthread_join(actor->thread, NULL);
}

static void read_actors(struct actor *actors, int nr, bool at_end)
{
	struct err err = { 0 };

	for (int i = 0; i < nr; i++)
		assert_int_equal(sched_read(getpid(), actors[i].tid,
		                            at_end ? &actors[i].end : &actors[i].start, &err),
		                 0);
}

/* One window over the actors, read by both. */
static void observe(struct actor *actors, int nr, struct deep_reading *ret)
{
	struct err err = { 0 };
	pid_t tids[8];

	if (!deep)
		skip();
	for (int i = 0; i < nr; i++)
		tids[i] = actors[i].tid;
	deep_watch(deep, getpid(), tids, nr);
	sleep_ns(20000000);
	deep_start(deep);
	read_actors(actors, nr, false);
	sleep_ns(WINDOW_NS);
	read_actors(actors, nr, true);
	deep_stop(deep);
	assert_int_equal(deep_read(deep, ret, &err), 0);
	assert_int_equal(ret->lost_threads + ret->lost_preemptors, 0);
	sleep_ns(
	        50000000); /* perf tells of a wait once the turn after it is over, but not where that was the last */
}

/*
 * Within 3 % of the greater one, and what the two count otherwise at the window's ends: /proc adds a wait when it is over,
 * whole; BPF cuts it at the ends.
 */
static void assert_near(const char *what, uint64_t ours, uint64_t theirs, uint64_t edges)
{
	uint64_t apart = ours > theirs ? ours - theirs : theirs - ours;
	uint64_t most = ours > theirs ? ours : theirs;

	printf("# %s: %.3f ms by BPF, %.3f ms by /proc\n", what, (double)ours / 1e6,
	       (double)theirs / 1e6);
	if (apart > most * 3 / 100 + edges)
		fail_msg("%s: %llu ns, but /proc says %llu ns", what, (unsigned long long)ours,
		         (unsigned long long)theirs);
}

static uint64_t delay(const struct actor *actor)
{
	return actor->end.run_delay_ns - actor->start.run_delay_ns;
}

static const struct deep_preemption *blamed(const struct deep_reading *reading,
                                            const struct actor *victim, const struct actor *by)
{
	for (int i = 0; i < reading->nr_preemptors; i++) {
		const struct deep_preemptor *one = &reading->preemptors[i];

		if ((int)one->pair.victim == victim->tid && (int)one->pair.preemptor == by->tid)
			return &one->what;
	}
	return NULL;
}

/* For whoever watches us from outside (deep_perf_e2e.sh): thread, window, how long and how often it waited, what none saw. */
static void say_for_perf(const struct deep_reading *reading, const struct actor *actor)
{
	const struct deep_sums *sums = sums_of(reading, actor->tid);

	printf("# window %d %lld %lld %llu %llu %llu\n", actor->tid, (long long)reading->start_ns,
	       (long long)reading->stop_ns, sums->run_delay_ns,
	       (unsigned long long)deep_hist_count(&sums->run_delay),
	       (unsigned long long)reading->unseen);
}

static void two_spinners(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct actor actors[2] = { 0 };
	uint64_t window;
	int met = 0;

	(void)state;
	for (int i = 0; i < 2; i++)
		start(&actors[i], spin);
	observe(actors, 2, &reading);
	for (int i = 0; i < 2; i++)
		end(&actors[i]);
	window = (uint64_t)(reading.stop_ns - reading.start_ns);
	for (int i = 0; i < 2; i++)
		say_for_perf(&reading, &actors[i]);
	for (int i = 0; i < 2; i++) {
		const struct deep_sums *sums = sums_of(&reading, actors[i].tid);
		const struct deep_preemption *by = blamed(&reading, &actors[i], &actors[!i]);
		uint64_t ours = 0, edges = 2 * sums->run_delay_max_ns;

		assert_near("preempted", sums->off_ns[DEEP_PREEMPTED], delay(&actors[i]), edges);
		assert_near("on and off its CPU",
		            actors[i].end.cpu_time_ns - actors[i].start.cpu_time_ns +
		                    sums->off_ns[DEEP_PREEMPTED],
		            window, 2000000);
		for (int p = 0; p < reading.nr_preemptors; p++) {
			if ((int)reading.preemptors[p].pair.victim == actors[i].tid)
				ours += reading.preemptors[p].what.ns;
		}
		assert_near("preempted by somebody", ours, delay(&actors[i]), edges);
		if (!by)
			continue;
		met++;
		assert_true(by->count > 0 && by->ns > 0);
		assert_memory_equal(by->comm, "test_deep", 9);
		printf("# by the other: %llu times, %.3f ms\n", by->count, (double)by->ns / 1e6);
	}
	assert_true(met > 0);
}

/*
 * A wake-up that preempts spares the next schedule() its look at the clock (rq_clock_skip_update): /proc then counts the
 * way from the wake-up to the switch as work.  So only the sum of both is certain, and with it how long it slept.
 */
static void watch_sleeper(const struct deep_reading *reading, const struct actor *actor)
{
	const struct deep_sums *sums = sums_of(reading, actor->tid);
	uint64_t wakeups = deep_hist_count(&sums->wakeup), edges = 2 * sums->run_delay_max_ns;
	uint64_t awake = delay(actor) + actor->end.cpu_time_ns - actor->start.cpu_time_ns;
	uint64_t window = (uint64_t)(reading->stop_ns - reading->start_ns);

	say_for_perf(reading, actor);
	printf("# waited: %.3f ms by BPF, %.3f ms by /proc, which says %.3f ms of work\n",
	       (double)sums->run_delay_ns / 1e6, (double)delay(actor) / 1e6,
	       (double)(awake - delay(actor)) / 1e6);
	/* /proc is read outside of the window, and may have more than it */
	assert_near("asleep", sums->off_ns[DEEP_OTHER], window > awake ? window - awake : 0, edges);
	assert_true(sums->run_delay_ns + edges >= delay(actor));
	assert_true(sums->run_delay_ns <= awake + edges);
	assert_in_range(wakeups, (actor->end.voluntary - actor->start.voluntary) * 97 / 100,
	                (actor->end.voluntary - actor->start.voluntary) * 103 / 100 + 5);
	assert_true(sums->wakeup_max_ns > 0 && sums->wakeup_max_ns <= sums->run_delay_max_ns);
	assert_int_equal(sums->off_ns[DEEP_HALTED], 0);
}

static void a_sleeper(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct actor actor = { 0 };

	(void)state;
	start(&actor, sleep_by_timer);
	observe(&actor, 1, &reading);
	end(&actor);
	watch_sleeper(&reading, &actor);
}

static void *sleep_by_spinner(void *arg)
{
	const struct sched_param param = { 0 };

	to_last_cpu();
	sched_setscheduler(0, SCHED_BATCH, &param);
	setpriority(PRIO_PROCESS, 0, -10);
	return sleep_by_timer(arg);
}

/* SCHED_BATCH preempts nobody when it wakes: it waits for milliseconds, not for microseconds. */
static void a_sleeper_by_a_spinner(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct actor actors[2] = { 0 };

	(void)state;
	start(&actors[0], sleep_by_spinner);
	start(&actors[1], spin);
	observe(actors, 2, &reading);
	for (int i = 0; i < 2; i++)
		end(&actors[i]);
	watch_sleeper(&reading, &actors[0]);
}

static void a_reader(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct actor actor = { 0 };
	const struct deep_sums *sums;

	(void)state;
	start(&actor, read_disk);
	observe(&actor, 1, &reading);
	end(&actor);
	sums = sums_of(&reading, actor.tid);
	printf("# blocked on I/O %.3f ms, otherwise %.3f ms\n", (double)sums->off_ns[DEEP_IO] / 1e6,
	       (double)sums->off_ns[DEEP_OTHER] / 1e6);
	assert_true(sums->off_ns[DEEP_IO] > 10 * sums->off_ns[DEEP_OTHER]);
	assert_true(sums->off_ns[DEEP_IO] > 20000000);
}

/* The map has room for 1,024 at once; 10,000 one after the other leave their sums and no entry. */
static void come_and_gone(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	const struct deep_sums *gone = NULL;
	struct err err = { 0 };

	(void)state;
	if (!deep)
		skip();
	deep_watch(deep, getpid(), NULL, 0);
	deep_start(deep);
	for (int i = 0; i < 10000; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, be_born, NULL), 0);
		pthread_join(thread, NULL);
	}
	deep_stop(deep);
	assert_int_equal(deep_read(deep, &reading, &err), 0);
	assert_int_equal(reading.lost_threads, 0);
	assert_in_range(reading.nr_threads, 2, 8);
	for (int i = 0; i < reading.nr_threads; i++) {
		if (!reading.threads[i].tid)
			gone = &reading.threads[i].thread.sums;
	}
	assert_non_null(gone);
	printf("# %llu waits of threads that ended\n",
	       (unsigned long long)deep_hist_count(&gone->run_delay));
	assert_in_range(deep_hist_count(&gone->run_delay), 9900, 40000);
}

/* A second window knows nothing of the first. */
static void a_new_window(void **state)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };
	struct err err = { 0 };

	(void)state;
	if (!deep)
		skip();
	deep_watch(deep, getpid(), NULL, 0);
	deep_start(deep);
	deep_stop(deep);
	assert_int_equal(deep_read(deep, &reading, &err), 0);
	for (int i = 0; i < reading.nr_threads; i++)
		assert_in_range(deep_hist_count(&reading.threads[i].thread.sums.run_delay), 0, 2);
	assert_in_range(reading.nr_preemptors, 0, 2);
}

static void no_rights(void **state)
{
	CLEANUP(deep_close) struct deep *mine = NULL;
	struct err err = { 0 };

	(void)state;
	if (!deep || geteuid())
		skip();
	assert_int_equal(seteuid(65534), 0);
	assert_true(deep_open(&mine, &err) < 0);
	assert_int_equal(seteuid(0), 0);
	printf("# %s\n", err.text);
	assert_non_null(strstr(err.text, "CAP_BPF and CAP_PERFMON"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_spinners),
		cmocka_unit_test(a_sleeper),
		cmocka_unit_test(a_sleeper_by_a_spinner),
		cmocka_unit_test(a_reader),
		cmocka_unit_test(come_and_gone),
		cmocka_unit_test(a_new_window),
		cmocka_unit_test(no_rights),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, deep_room_open, deep_room_close);
}
