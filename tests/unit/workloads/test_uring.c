/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_uring.c - the engine on kernels that refuse some of its flags, with a liburing that leaves some fields 0. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "job.h"
#include "rng.h"
#include "store.h"
#include "text.h"
#include "uring.h"
#include "uring_flags.h"

int __real_io_uring_setup(unsigned entries, struct io_uring_params *params);
int __wrap_io_uring_setup(unsigned entries, struct io_uring_params *params);

static unsigned known_flags; /* of the kernel that is played */

int __wrap_io_uring_setup(unsigned entries, struct io_uring_params *params)
{
	/* Linux 6.1: DEFER_TASKRUN without SINGLE_ISSUER is EINVAL too */
	if (params->flags & ~known_flags)
		return -EINVAL;
	return __real_io_uring_setup(entries, params);
}

int __real_io_uring_queue_mmap(int fd, struct io_uring_params *params, struct io_uring *ring);
int __wrap_io_uring_queue_mmap(int fd, struct io_uring_params *params, struct io_uring *ring);

/* As in each version of liburing from 2.5 to 2.14: what the documentation promises beyond the mappings is 0. */
int __wrap_io_uring_queue_mmap(int fd, struct io_uring_params *params, struct io_uring *ring)
{
	int rc = __real_io_uring_queue_mmap(fd, params, ring);

	ring->flags = ring->features = 0;
	ring->ring_fd = ring->enter_ring_fd = 0;
	return rc;
}

#define S IORING_SETUP_SINGLE_ISSUER
#define D IORING_SETUP_DEFER_TASKRUN
#define C IORING_SETUP_COOP_TASKRUN
#define T IORING_SETUP_TASKRUN_FLAG
#define P IORING_SETUP_SQPOLL
#define N URING_NO_SQARRAY

static struct job job = { .threads = 2, .bs = 4096, .iodepth = 8, .rwmix = 70, .seed = 1 };

static void open_store(struct store *store)
{
	const char *build = getenv("BUILD");
	struct err err;
	int fd = open(build ? build : "build", O_TMPFILE | O_RDWR, 0600);
	static char data[64 * 4096 + 100];

	assert_true(fd >= 0);
	memset(data, 'd', sizeof(data));
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	assert_int_equal(store_inspect(fd, store, &err), 0);
	assert_false(store->sparse);
	assert_true(store->writable);
}

struct stop {
	struct window *window;
	const struct tally *tally;
	uint64_t requests; /* after so many, however long they take */
	_Atomic bool ended;
};

static void *stop_later(void *arg)
{
	const struct stop *stop = arg;
	const struct timespec wait = { .tv_nsec = 1000000 };

	while (!stop->ended &&
	       __atomic_load_n(&stop->tally->requests, __ATOMIC_RELAXED) < stop->requests)
		nanosleep(&wait, NULL);
	stop->window->stop = true;
	return NULL;
}

static void test_flags(void **state)
{
	static const struct {
		unsigned known, used;
		const char *text;
	} cases[] = {
		{ N | S | D | C | T, N | S | D | C | T,
		  "single_issuer defer_taskrun coop_taskrun taskrun_flag no_sqarray" },
		{ S | D | C | T, S | D | C | T,
		  "single_issuer defer_taskrun coop_taskrun taskrun_flag" },
		{ S | C | T, S | C | T, "single_issuer coop_taskrun taskrun_flag" },
		{ C | T, C | T, "coop_taskrun taskrun_flag" },
		{ 0, 0, "" },
	};
	struct store store;

	(void)state;
	open_store(&store);
	job.workload = workload_find("randread");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct window window = { .stop = true };
		struct tally *tally = calloc(1, sizeof(*tally));
		const struct place place = { .job = &job, .store = &store, .nr_stores = 1 };
		struct uring *uring = NULL;
		struct err err;
		char text[256];

		known_flags = cases[i].known;
		assert_int_equal(uring_open(&place, &uring, &err), 0);
		assert_int_equal(uring_run(uring, &window, tally, &err), 0);
		assert_int_equal(tally->setup_flags, cases[i].used);
		uring_format_flags(tally->setup_flags, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		assert_true(uring_missing(tally->setup_flags, tally->registered, text,
		                          sizeof(text)) == (i >= 2));
		uring_close(&uring);
		assert_null(uring);
		uring_close(&uring);
		free(tally);
	}
	close(store.fd);
}

/* What uring_run() says of so many requests, and some more. */
static int run_for(struct job *how, const struct store *store, uint64_t requests,
                   struct tally *tally, struct err *err)
{
	_Atomic int common = 0;
	const struct place place = {
		.job = how, .store = store, .nr_stores = 1, .common = &common
	};
	struct window window = { .begin_ns = 0, .end_ns = INT64_MAX };
	struct uring *uring = NULL;
	pthread_t stopper;
	struct stop stop = { .window = &window, .tally = tally, .requests = requests };
	int rc;

	known_flags = ~0u;
	rc = uring_open(&place, &uring, err);
	if (rc < 0)
		return rc;
	assert_int_equal(pthread_create(&stopper, NULL, stop_later, &stop), 0);
	rc = uring_run(uring, &window, tally, err);
	stop.ended = true;
	pthread_join(stopper, NULL);
	uring_close(&uring);
	return rc;
}

/* The kernel's own thread takes the requests: all of them come back, and none was submitted by a call of ours. */
static void test_sqpoll(void **state)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct job how = job;
	struct store store;
	char text[256];
	struct err err;

	(void)state;
	open_store(&store);
	how.workload = workload_find("randrw");
	how.sqpoll = true;
	assert_int_equal(run_for(&how, &store, 1000, tally, &err), 0);
	assert_int_equal(tally->setup_flags, P | S);
	assert_false(uring_missing(tally->setup_flags, tally->registered, text, sizeof(text)));
	assert_true(tally->requests > 8);
	assert_int_equal(tally->errors + tally->shorts, 0);
	assert_int_equal(tally->hist[TALLY_READ].count + tally->hist[TALLY_WRITE].count,
	                 tally->requests);
	free(tally);
	close(store.fd);
}

/* How many of the first so many NOPs are writes: of places.c and uring.c, the buffers' bytes come first. */
static uint64_t nr_writes(const struct job *how, uint64_t requests)
{
	static unsigned char buffers[8 * 4096];
	uint64_t nr = 0;
	struct rng rng;

	rng_seed(&rng, how->seed);
	rng_fill(&rng, buffers, sizeof(buffers));
	while (requests--)
		nr += rng_below(&rng, 100) >= job_read_percent(how);
	return nr;
}

/* Each is counted once, as what it was, from its own start on. */
static void expect_counted(const char *workload, bool nop, struct store *store, bool is_cut)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	int64_t begun_ns = clock_now_ns();
	struct job how = job;
	struct err err;
	uint64_t writes, done;

	how.workload = workload_find(workload);
	how.nop = nop;
	assert_int_equal(run_for(&how, store, 1000, tally, &err), 0);
	writes = tally->hist[TALLY_WRITE].count;
	done = writes + tally->hist[TALLY_READ].count;
	assert_int_equal(done + tally->shorts, tally->requests);
	assert_int_equal(tally->errors, 0);
	assert_true(done > 100);
	assert_true(tally->shorts ? is_cut : !is_cut);
	assert_int_equal(writes, nr_writes(&how, done));
	for (int kind = 0; kind < TALLY_KINDS; kind++) {
		const struct hist *hist = &tally->hist[kind];

		assert_int_equal(tally->bytes[kind], nop ? 0 : hist->count * how.bs);
		assert_true(hist->max_ns < (uint64_t)(clock_now_ns() - begun_ns));
	}
	free(tally);
}

/* Reads of the page cache and NOPs come back with the call that takes them: all, or all but those that find nothing. */
static void test_counted(void **state)
{
	struct store store;

	(void)state;
	open_store(&store);
	expect_counted("randread", false, &store, false);
	expect_counted("randwrite", false, &store, false);
	expect_counted("randwrite", true, &store, false);
	expect_counted("randrw", true, &store, false);
	assert_int_equal(ftruncate(store.fd, 32 * 4096), 0);
	expect_counted("randread", false, &store, true);
	close(store.fd);
}

/* The page cache cannot be polled: the first answer says so and ends the run, whoever let it come so far. */
static void test_iopoll_refused(void **state)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct job how = job;
	struct store store;
	struct err err;

	(void)state;
	open_store(&store);
	how.workload = workload_find("randread");
	how.iopoll = true;
	assert_int_equal(run_for(&how, &store, 1, tally, &err), -EOPNOTSUPP);
	assert_string_equal(err.text,
	                    "iopoll: the disk refuses requests whose completion is polled for");
	free(tally);
	close(store.fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_sqpoll),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_iopoll_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("uring", tests, NULL, NULL);
}
