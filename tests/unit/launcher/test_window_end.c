/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_window_end.c - a stall across the window's end: what it delays is in the latencies, with the whole wait.
 *
 * The disk is a pipe, which answers a request for each block that is written to it, so the test knows when each answer
 * came.  Loads without a disk are stalled by a signal's handler.  Bounds are those that the test's own clock gives and
 * hold on a busy machine.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer.h"
#include "cleanup.h"
#include "crew_part.h"
#include "job.h"
#include "store.h"
#include "text.h"
#include "wakeup.h"

#define BS         512
#define PIPE_BYTES (1 << 20)
#define DEPTH      8
#define ANSWERS    50
#define MS         (NSEC_PER_SEC / 1000)
#define BEFORE     (100 * MS) /* the stall's part in the window */
#define AFTER      (200 * MS)
#define GIVE_UP    (400 * MS)           /* after the window: a third of --stuck-after */
#define WITHOUT    (600 * NSEC_PER_SEC) /* only a hang is given up */
#define ATTEMPTS   20
#define AT_LEAST   "\"at_least\":true"

struct trial {
	struct job job; /* read by workers that do not end */
	struct store store;
	int fd[2];
	int nr_late; /* answers after the window's end */
	struct crew *crew;
	int64_t begin_ns, end_ns, answered_ns; /* the last: when the late answers were given */
	struct tally *total;
};

static void pause_ns(int64_t ns)
{
	const struct timespec pause = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&pause, NULL);
}

static void answer(const struct trial *trial, int nr)
{
	static const char data[BS];

	for (int i = 0; i < nr; i++)
		assert_int_equal(write(trial->fd[1], data, BS), BS);
}

/* Static: what a worker that does not end stands on stays. */
static void begin(struct trial *trial, const char *workload, const char *rate, int64_t give_up_ns)
{
	struct err err;

	*trial = (struct trial){ .job = { .workload = workload_find(workload),
		                          .threads = 1,
		                          .bs = BS,
		                          .iodepth = DEPTH,
		                          .mem = { 4096, 4096, 4096, 2 << 20, 0 },
		                          .seed = 1,
		                          .stuck_after_ns = 3 * give_up_ns },
		                 .nr_late = DEPTH };
	assert_int_equal(arrival_parse(rate, &trial->job.rate, &err), 0);
	if (!strcmp(workload, "lock"))
		trial->job.threads = 2;
	assert_int_equal(pipe2(trial->fd, O_CLOEXEC), 0);
	assert_true(fcntl(trial->fd[1], F_SETPIPE_SZ, PIPE_BYTES) >= PIPE_BYTES);
	trial->store = (struct store){ .fd = trial->fd[0], .bytes = 1 << 20, .alignment = 1 };
	assert_int_equal(crew_start(&trial->job, &trial->store, 1, &trial->crew, &err), 0);
	crew_warm(trial->crew);
	while (crew_state(trial->crew) != CREW_RUNNING)
		pause_ns(MS);
	trial->begin_ns = clock_now_ns();
	crew_open_window(trial->crew, trial->begin_ns);
}

static void end_window(struct trial *trial)
{
	trial->end_ns = clock_now_ns();
	crew_close_window(trial->crew, trial->end_ns);
}

static void *answer_late(void *arg)
{
	struct trial *trial = arg;

	pause_ns(AFTER);
	trial->answered_ns = clock_now_ns();
	answer(trial, trial->nr_late);
	return NULL;
}

/* Whether the crew has ended without an error. */
static void finish(struct trial *trial)
{
	struct err err = { 0 };

	if (crew_stop(trial->crew, &err) < 0)
		fail_msg("%s", err.text);
	trial->total = calloc(1, sizeof(*trial->total));
	assert_non_null(trial->total);
	crew_total(trial->crew, trial->total);
}

static void forget(struct trial *trial)
{
	crew_free(&trial->crew);
	free(trial->total);
	close(trial->fd[0]);
	close(trial->fd[1]);
}

static uint64_t nr_from(const struct hist *hist, int64_t ns)
{
	uint64_t nr = 0;

	for (int i = hist_index((uint64_t)ns); i < HIST_BUCKETS; i++)
		nr += hist->bucket[i];
	return nr;
}

/* The k-th longest, at most a bucket too short. */
static uint64_t longest_ns(const struct hist *hist, uint64_t k)
{
	uint64_t nr = 0;

	for (int i = HIST_BUCKETS - 1; i >= 0; i--) {
		nr += hist->bucket[i];
		if (nr >= k)
			return hist_low_ns(i) + hist_width_ns(i);
	}
	return 0;
}

static void give_answers(struct trial *trial)
{
	for (int i = 0; i < ANSWERS; i++) {
		pause_ns(2 * MS);
		answer(trial, 1);
	}
	pause_ns(BEFORE);
}

static void with_late_answers(struct trial *trial)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, answer_late, trial), 0);
	finish(trial);
	pthread_join(thread, NULL);
}

/* Of a closed loop all that was in flight, and nothing after it; throughput is what was answered inside. */
static void test_closed(void **state)
{
	struct trial trial;
	const struct hist *hist;

	(void)state;
	begin(&trial, "randread", "none", WITHOUT);
	give_answers(&trial);
	end_window(&trial);
	with_late_answers(&trial);
	hist = &trial.total->hist[TALLY_READ];
	assert_int_equal(trial.total->done[TALLY_READ], ANSWERS);
	assert_int_equal(trial.total->bytes[TALLY_READ], ANSWERS * BS);
	assert_int_equal(hist->count, ANSWERS + DEPTH);
	assert_int_equal(hist->nr_open, 0);
	assert_int_equal(nr_from(hist, BEFORE + AFTER), DEPTH);
	assert_true(hist->max_ns >= (uint64_t)(trial.answered_ns - trial.end_ns + BEFORE));
	forget(&trial);
}

/* A request each millisecond, whether or not it could start: the k-th of the stalled ones waited so long at least. */
static void test_open(void **state)
{
	struct trial trial;
	const struct hist *hist;
	uint64_t due, stalled;

	(void)state;
	begin(&trial, "randread", "1000", WITHOUT);
	give_answers(&trial);
	end_window(&trial);
	due = (uint64_t)((trial.end_ns - trial.begin_ns) / MS);
	trial.nr_late = (int)due + PIPE_BYTES / BS / 2; /* also for what was due before */
	with_late_answers(&trial);
	hist = &trial.total->hist[TALLY_READ];
	assert_in_range(hist->count, due, due + 1);
	assert_in_range(trial.total->sum[0].ops, hist->count - 1, hist->count);
	assert_int_equal(hist->nr_open, 0);
	assert_true(trial.total->done[TALLY_READ] <= ANSWERS);
	stalled = hist->count - ANSWERS;
	assert_true(nr_from(hist, trial.answered_ns - trial.end_ns) >= stalled);
	/* the last but k to be due was so k milliseconds before the end at the latest */
	for (uint64_t k = 1; k <= stalled; k++)
		assert_true(longest_ns(hist, k) >=
		            (uint64_t)(trial.answered_ns - trial.end_ns) + (stalled - k) * MS);
	assert_true(trial.total->late >= stalled - DEPTH);
	forget(&trial);
}

static void check_bounds(const struct trial *trial)
{
	const struct answer answer = { &trial->job, &trial->store, trial->total,
		                       trial->end_ns - trial->begin_ns };
	char json[65536];
	struct err err;
	const char *max, *median;

	assert_true(answer_json(&answer, json, sizeof(json), &err) > 0);
	max = strstr(json, "\"io_read_max_ns\"");
	median = strstr(json, "\"io_read_p50_ns\"");
	assert_non_null(max);
	assert_non_null(median);
	assert_non_null(memmem(max, strcspn(max, "}"), "\"at_least\":true", 15));
	assert_null(memmem(median, strcspn(median, "}"), "at_least", 8));
	assert_non_null(strstr(json, "8 requests of the window were given up without an answer"));
}

/* No answer at all: what they have waited so far is a lower bound, and a figure that lies there says so. */
static void test_given_up(void **state)
{
	static struct trial trial;
	const struct hist *hist;

	(void)state;
	begin(&trial, "randread", "none", GIVE_UP);
	give_answers(&trial);
	end_window(&trial);
	finish(&trial);
	hist = &trial.total->hist[TALLY_READ];
	assert_int_equal(trial.total->done[TALLY_READ], ANSWERS);
	assert_int_equal(hist->count, ANSWERS + DEPTH);
	assert_int_equal(hist->nr_open, DEPTH);
	assert_true(hist->open_min_ns >= (uint64_t)(BEFORE + GIVE_UP));
	assert_int_equal(nr_from(hist, BEFORE + GIVE_UP), DEPTH);
	check_bounds(&trial);
	forget(&trial);
}

/* Open loop: those that never started are lower bounds, too. */
static void test_given_up_open(void **state)
{
	static struct trial trial;
	const struct hist *hist;

	(void)state;
	begin(&trial, "randread", "1000", GIVE_UP);
	give_answers(&trial);
	end_window(&trial);
	finish(&trial);
	hist = &trial.total->hist[TALLY_READ];
	/* some of the answers were to requests that were due before the window */
	assert_true(hist->nr_open >= hist->count - trial.total->done[TALLY_READ]);
	assert_true(hist->nr_open > DEPTH);
	assert_true(hist->open_min_ns >= (uint64_t)GIVE_UP);
	forget(&trial);
}

static _Atomic bool is_held;

static void hold(int signal)
{
	sigset_t go;

	(void)signal;
	is_held = true;
	sigemptyset(&go);
	sigaddset(&go, SIGUSR2);
	while (sigwaitinfo(&go, NULL) < 0)
		;
	is_held = false;
}

static void *let_go(void *arg)
{
	struct trial *trial = arg;

	pause_ns(AFTER);
	trial->answered_ns = clock_now_ns();
	assert_int_equal(tgkill(getpid(), crew_tid(trial->crew, 0), SIGUSR2), 0);
	return NULL;
}

/* Returns when it certainly stood still. */
static int64_t hold_worker(struct trial *trial)
{
	int64_t held_ns;

	pause_ns(20 * MS);
	assert_int_equal(tgkill(getpid(), crew_tid(trial->crew, 0), SIGUSR1), 0);
	while (!is_held)
		pause_ns(MS);
	held_ns = clock_now_ns();
	pause_ns(20 * MS);
	return held_ns;
}

/* Holds the worker across the window's end. */
static int64_t stall(struct trial *trial)
{
	int64_t held_ns = hold_worker(trial);
	pthread_t thread;

	end_window(trial);
	assert_int_equal(pthread_create(&thread, NULL, let_go, trial), 0);
	finish(trial);
	pthread_join(thread, NULL);
	return held_ns;
}

/* Each period that was due in the window, also those that nobody woke for in time. */
static void test_wakeup(void **state)
{
	struct trial trial;
	const struct hist *hist;
	uint64_t due, stalled;
	int64_t held_ns;

	(void)state;
	begin(&trial, "wakeup", "none", WITHOUT);
	held_ns = stall(&trial);
	hist = &trial.total->hist[TALLY_EVENT];
	due = (uint64_t)((trial.end_ns - trial.begin_ns) / WAKEUP_INTERVAL_NS);
	stalled = (uint64_t)((trial.end_ns - held_ns) / WAKEUP_INTERVAL_NS);
	assert_in_range(hist->count, due, due + 1);
	assert_true(nr_from(hist, trial.answered_ns - trial.end_ns) >= stalled);
	for (uint64_t k = 1; k <= stalled; k++)
		assert_true(longest_ns(hist, k) >= (uint64_t)(trial.answered_ns - trial.end_ns) +
		                                           (stalled - k) * WAKEUP_INTERVAL_NS);
	assert_true(trial.total->late >= stalled);
	forget(&trial);
}

/* ns in all of the load's counts: of a histogram its longest, which is in ns or ps a load. */
static uint64_t seen_ns(const struct trial *trial)
{
	const struct tally *total = trial->total;
	uint64_t ns = total->sum[0].ns + total->sum[1].ns;

	for (int i = 0; i < TALLY_HISTS; i++)
		ns += total->hist[i].max_ns;
	return ns;
}

/* The operation that it meets is timed, or lies between two that are: then another is tried. */
static void expect_seen(const char *workload)
{
	struct trial trial;
	int64_t held_ns;
	bool is_seen = false;

	for (int i = 0; i < ATTEMPTS && !is_seen; i++) {
		begin(&trial, workload, "none", WITHOUT);
		held_ns = stall(&trial);
		is_seen = seen_ns(&trial) >= (uint64_t)(trial.answered_ns - held_ns);
		forget(&trial);
	}
	if (!is_seen)
		fail_msg("%s has no stall in it", workload);
}

static void test_others(void **state)
{
	(void)state;
	expect_seen("pipe");
	expect_seen("fault");
	expect_seen("lock");
	expect_seen("syscall");
	expect_seen("memcpy");
	expect_seen("cpu");
}

/* The longest of a histogram's figures, or the mean of a sum. */
static bool is_marked(const struct trial *trial, const char *figure, const char *mark)
{
	const struct answer answer = { &trial->job, &trial->store, trial->total,
		                       trial->end_ns - trial->begin_ns };
	char json[65536];
	const char *found;
	struct err err;

	assert_true(answer_json(&answer, json, sizeof(json), &err) > 0);
	assert_non_null(strstr(json, "workers did not run again within 0.4 s after the window and "
	                             "were given up"));
	found = strstr(json, figure);
	assert_non_null(found);
	return memmem(found, strcspn(found, "}"), mark, strlen(mark));
}

static void release(struct trial *trial)
{
	assert_int_equal(tgkill(getpid(), crew_tid(trial->crew, 0), SIGUSR2), 0);
	while (is_held)
		pause_ns(MS);
}

/* Whether the worker is at what the load times, and not between two of it. */
static bool is_timed(const struct trial *trial)
{
	const struct tally *tally = &trial->crew->workers[0].tally;

	return tally->since_ns > 0 &&
	       (strcmp(trial->job.workload->name, "fault") != 0 || tally->detail);
}

/* A worker that does not run again is given up: what it was at has lasted at least so long.  Later it ends by itself. */
static void expect_given_up(const char *workload, const char *figure, const char *mark)
{
	struct trial trial;
	int64_t held_ns;

	begin(&trial, workload, "none", GIVE_UP);
	held_ns = hold_worker(&trial);
	while (!is_timed(&trial)) {
		release(&trial);
		held_ns = hold_worker(&trial);
	}
	end_window(&trial);
	finish(&trial);
	assert_true(clock_now_ns() >= trial.end_ns + GIVE_UP);
	assert_true(is_held);
	if (!is_marked(&trial, figure, mark) &&
	    (strcmp(workload, "pipe") != 0 || !is_marked(&trial, "\"pipe_cross_ns\"", mark)))
		fail_msg("%s of %s is not a lower bound", figure, workload);
	assert_true(seen_ns(&trial) >= (uint64_t)(trial.end_ns - held_ns + GIVE_UP));
	release(&trial);
	while (!crew_has_rested(trial.crew))
		pause_ns(MS);
	forget(&trial);
}

static void test_never_again(void **state)
{
	(void)state;
	expect_given_up("wakeup", "\"wakeup_max_ns\"", AT_LEAST);
	expect_given_up("pipe", "\"pipe_ns\"", AT_LEAST);
	expect_given_up("lock", "\"lock_wait_max_ns\"", AT_LEAST);
	expect_given_up("fault", "\"fault_ns\"", AT_LEAST);
	expect_given_up("syscall", "\"syscall_ns\"", AT_LEAST);
	expect_given_up("cpu", "\"cpu_event_max_ns\"", AT_LEAST);
	expect_given_up("memcpy", "\"memcpy_bytes_per_s\"", "only an upper bound");
}

/* Before the workers are there: they have it from us. */
static int set_up(void **state)
{
	const struct sigaction action = { .sa_handler = hold, .sa_flags = SA_RESTART };
	sigset_t go;

	(void)state;
	sigemptyset(&go);
	sigaddset(&go, SIGUSR2);
	return pthread_sigmask(SIG_BLOCK, &go, NULL) || sigaction(SIGUSR1, &action, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),      cmocka_unit_test(test_open),
		cmocka_unit_test(test_given_up),    cmocka_unit_test(test_given_up_open),
		cmocka_unit_test(test_wakeup),      cmocka_unit_test(test_others),
		cmocka_unit_test(test_never_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("window_end", tests, set_up, NULL);
}
