/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stuck.c - a disk that no longer answers: an empty pipe is one. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "crew.h"
#include "job.h"
#include "store.h"
#include "text.h"
#include "uring.h"

#define BS       512
#define DEPTH    8
#define LIMIT_NS 50000000
/* a crew's patience, and a stop that is longer than it and all that is added to it */
#define PATIENCE_NS (2 * NSEC_PER_SEC)
#define STOPPED_NS  (PATIENCE_NS + 3 * NSEC_PER_SEC / 2)
#define FEW_SAYS                                                                                   \
	" requests for 0.05 s" /* of one, or where the machine was busy for a second of two */
#define SAYS "the disk has answered none of 8 requests for 0.05 s"

int __real_io_uring_enter2(unsigned fd, unsigned nr, unsigned wait_nr, unsigned flags,
                           sigset_t *arg, size_t bytes);
int __wrap_io_uring_enter2(unsigned fd, unsigned nr, unsigned wait_nr, unsigned flags,
                           sigset_t *arg, size_t bytes);

static struct played {
	int late_fd;   /* or -1: what is said here comes while we are kept from looking, once */
	bool swallows; /* a call that does not come back */
	bool is_last;  /* to run again of a process that was stopped in a call */
	int64_t longest_ns; /* of all waits */
} played = { .late_fd = -1 };

static void pause_ns(int64_t ns)
{
	const struct timespec pause = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&pause, NULL);
}

static void answer(int fd, int nr)
{
	static const char data[BS];

	for (int i = 0; i < nr; i++)
		assert_int_equal(write(fd, data, BS), BS);
}

/* IORING_ENTER_EXT_ARG: see io_uring_enter2(2) */
static int64_t timeout_of(const sigset_t *arg)
{
	const struct io_uring_getevents_arg *wait = (const void *)arg;
	const struct __kernel_timespec *timeout = (const void *)(uintptr_t)wait->ts;

	return timeout->tv_sec * NSEC_PER_SEC + timeout->tv_nsec;
}

int __wrap_io_uring_enter2(unsigned fd, unsigned nr, unsigned wait_nr, unsigned flags,
                           sigset_t *arg, size_t bytes)
{
	int64_t begun_ns = clock_now_ns();
	int rc = __real_io_uring_enter2(fd, nr, wait_nr, flags, arg, bytes);

	if (wait_nr && timeout_of(arg) > played.longest_ns)
		played.longest_ns = timeout_of(arg);
	if (played.is_last && clock_now_ns() - begun_ns > STOPPED_NS / 2)
		pause_ns(4ll * LIMIT_NS);
	while (played.swallows)
		pause();
	if (wait_nr && played.late_fd >= 0) {
		pause_ns(3 * LIMIT_NS);
		answer(played.late_fd, 1);
		played.late_fd = -1;
	}
	return rc;
}

static struct job make_job(const char *rate)
{
	struct job job = { .workload = workload_find("randread"),
		           .threads = 1,
		           .bs = BS,
		           .iodepth = DEPTH,
		           .seed = 1,
		           .stuck_after_ns = LIMIT_NS };
	struct err err;

	assert_int_equal(arrival_parse(rate, &job.rate, &err), 0);
	return job;
}

/* Both ends in fd, and the reader's as what the load reads. */
static struct store make_store(int *fd)
{
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	return (struct store){ .fd = fd[0], .bytes = 1 << 20, .alignment = 1 };
}

static int run(const struct job *job, const struct store *store, struct window *window,
               struct tally *tally, struct err *err)
{
	_Atomic int common = 0;
	const struct place place = {
		.job = job, .store = store, .nr_stores = 1, .common = &common
	};
	struct uring *uring = NULL;
	int rc;

	assert_int_equal(uring_open(&place, &uring, err), 0);
	rc = uring_run(uring, window, tally, err);
	uring_close(&uring);
	return rc;
}

/* Nobody stops the load: only the watchdog ends it. */
static void expect_dead(const struct job *job, int nr_answers, const char *says)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct window window = { .begin_ns = 0, .end_ns = INT64_MAX };
	int64_t begun_ns = clock_now_ns();
	struct err err;
	int fd[2];
	struct store store = make_store(fd);

	answer(fd[1], nr_answers);
	played.longest_ns = 0;
	assert_int_equal(run(job, &store, &window, tally, &err), -ETIMEDOUT);
	assert_true(clock_now_ns() - begun_ns >= job->stuck_after_ns);
	assert_in_range(played.longest_ns, 1, job->stuck_after_ns); /* no wait goes beyond it */
	assert_int_equal(tally->requests, nr_answers);
	assert_int_equal(tally->errors, 0);
	assert_non_null(strstr(err.text, says));
	close(fd[0]);
	close(fd[1]);
	free(tally);
}

static void test_dead(void **state)
{
	struct job job = make_job("none");

	(void)state;
	expect_dead(&job, 0, SAYS);
	expect_dead(&job, 5, SAYS); /* dies at work */
}

static void test_dead_rate(void **state)
{
	struct job job = make_job("1000"), slow = make_job("1");

	(void)state;
	expect_dead(&job, 0, SAYS);
	expect_dead(&job, 5, SAYS);
	/* the next one is due long after the first one's time is up */
	expect_dead(&slow, 0, FEW_SAYS);
	/* nothing is in flight for longer than the limit, and that is no silence of the disk's */
	expect_dead(&slow, 1, FEW_SAYS);
}

static void test_dead_sqpoll(void **state)
{
	struct job job = make_job("none");

	(void)state;
	job.sqpoll = true;
	job.stuck_after_ns = NSEC_PER_SEC; /* on a busy machine the kernel's thread may come late */
	if (get_nprocs() < 2)
		skip();
	expect_dead(&job, 5, "the disk has answered none of 8 requests for 1 s");
}

struct feeder {
	struct window *window;
	int fd, nr;
	int64_t every_ns;
	int nr_after; /* once the load has been told to stop */
};

/* One answer now and then; after that the load is told to stop. */
static void *feed(void *arg)
{
	const struct feeder *feeder = arg;

	for (int i = 0; i < feeder->nr; i++) {
		pause_ns(feeder->every_ns);
		answer(feeder->fd, 1);
	}
	feeder->window->stop = true;
	answer(feeder->fd, feeder->nr_after);
	return NULL;
}

static int run_fed(const struct job *job, int64_t every_ns, int nr, int nr_after,
                   struct tally *tally, struct err *err)
{
	struct window window = { .begin_ns = 0, .end_ns = INT64_MAX };
	pthread_t thread;
	int fd[2], rc;
	struct store store = make_store(fd);
	const struct feeder feeder = { &window, fd[1], nr, every_ns, nr_after };

	assert_int_equal(pthread_create(&thread, NULL, feed, (void *)&feeder), 0);
	rc = run(job, &store, &window, tally, err);
	pthread_join(thread, NULL);
	close(fd[0]);
	close(fd[1]);
	return rc;
}

/* Longer than the limit in all, and each answer well within it.  A machine that is too busy for that gets more time. */
static void test_slow(void **state)
{
	struct job job = make_job("none");
	struct tally *tally = NULL;
	struct err err;
	int rc = -ETIMEDOUT;

	(void)state;
	for (int64_t scale = 1; scale <= 64 && rc == -ETIMEDOUT; scale *= 8) {
		free(tally);
		tally = calloc(1, sizeof(*tally));
		job.stuck_after_ns = scale * NSEC_PER_SEC;
		rc = run_fed(&job, scale * 2 * LIMIT_NS, 12, 2 * DEPTH, tally, &err);
	}
	assert_int_equal(rc, 0);
	assert_true(tally->requests >= 12 + DEPTH - 1);
	free(tally);
}

/* The end of a load waits for what is in flight, and no longer than the limit either. */
static void test_dead_at_the_end(void **state)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct job job = make_job("none");
	struct err err;

	(void)state;
	job.stuck_after_ns = 5ll * LIMIT_NS;
	assert_int_equal(run_fed(&job, 2ll * LIMIT_NS, 1, 0, tally, &err), -ETIMEDOUT);
	/* 7, or where it was told late once more 8 */
	assert_non_null(strstr(err.text, "the disk has answered none of "));
	assert_non_null(strstr(err.text, " requests for 0.25 s"));
	free(tally);
}

/* We were stopped for longer than the limit, and the disk has answered meanwhile: it is not dead. */
static void test_kept_from_looking(void **state)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct window window = { .begin_ns = 0, .end_ns = INT64_MAX };
	struct job job = make_job("none");
	struct err err;
	int fd[2];
	struct store store = make_store(fd);

	(void)state;
	played.late_fd = fd[1];
	assert_int_equal(run(&job, &store, &window, tally, &err), -ETIMEDOUT);
	assert_int_equal(tally->requests, 1);
	close(fd[0]);
	close(fd[1]);
	free(tally);
}

static void expect_crew_ends(const struct job *job, const char *says)
{
	struct crew *crew = NULL;
	struct err err;
	int fd[2];
	struct store store = make_store(fd);

	assert_int_equal(crew_start(job, &store, 1, &crew, &err), 0);
	crew_warm(crew);
	while (!played.swallows && crew_state(crew) != CREW_FAILED)
		pause_ns(1000000);
	while (played.swallows && crew_state(crew) != CREW_RUNNING)
		pause_ns(1000000);
	assert_int_equal(crew_stop(crew, &err), -ETIMEDOUT);
	assert_string_equal(err.text, says);
	crew_free(&crew);
	close(fd[0]);
	close(fd[1]);
}

/* Neither the sentence nor the next load waits for what the disk still holds. */
static void test_crew(void **state)
{
	static struct job job, two, many; /* workers that cannot end look at them for good */
	static struct job next;
	int64_t begun_ns;

	(void)state;
	job = next = make_job("none");
	two = many = job;
	two.threads = 2;
	many.threads = 16;
	expect_crew_ends(&job, "worker 0: " SAYS);
	expect_crew_ends(&two, "worker 0: " SAYS);
	/* in a call that takes a request, and the disk takes none: blk_mq_get_tag() */
	played.swallows = true;
	expect_crew_ends(&two, "worker 0: the disk takes no more requests: a call has not come "
	                       "back for more than 0.05 s");
	/* the last of many is given up with the first, not a second after its neighbour: who asked waits but a while */
	begun_ns = clock_now_ns();
	expect_crew_ends(&many, "worker 0: the disk takes no more requests: a call has not come "
	                        "back for more than 0.05 s");
	assert_true(clock_now_ns() - begun_ns < 10 * NSEC_PER_SEC);
	played.swallows = false;
	expect_crew_ends(&next, "worker 0: " SAYS);
}

/* Its end begins before it is stopped. */
static int end_crew(const struct job *job, const struct store *store, int said_fd)
{
	struct crew *crew = NULL;
	struct err err = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	played.is_last = true;
	if (crew_start(job, store, 1, &crew, &err) < 0)
		return 2;
	crew_warm(crew);
	while (crew_state(crew) != CREW_RUNNING)
		pause_ns(1000000);
	if (write(said_fd, "", 1) != 1)
		return 3;
	if (crew_stop(crew, &err) < 0) {
		print_message("# %s\n", err.text);
		return 1;
	}
	crew_free(&crew);
	return 0;
}

/* All of us were stopped for longer than the patience, and who waits for the workers runs again before they do. */
static void test_stopped(void **state)
{
	struct job job = make_job("none");
	int fd[2], said[2], status;
	struct store store = make_store(fd);
	char byte;
	pid_t pid;

	(void)state;
	job.stuck_after_ns = PATIENCE_NS;
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(end_crew(&job, &store, said[1]));
	assert_int_equal(read(said[0], &byte, 1), 1);
	pause_ns(LIMIT_NS);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	answer(fd[1], DEPTH);
	pause_ns(STOPPED_NS);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 2; i++) {
		close(fd[i]);
		close(said[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_dead_rate),
		cmocka_unit_test(test_dead_sqpoll),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_dead_at_the_end),
		cmocka_unit_test(test_kept_from_looking),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_crew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stuck", tests, NULL, NULL);
}
