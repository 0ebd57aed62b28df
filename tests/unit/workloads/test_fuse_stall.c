/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_fuse_stall.c - requests that a file system answers after the window, or never: latencies have them, by the file
 * system's own times, and throughput has not.
 *
 * Bounds are those that the file system's clock gives and hold on a busy machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "answer.h"
#include "cleanup.h"
#include "crew.h"
#include "fuse_file.h"
#include "job.h"
#include "store.h"
#include "text.h"

#define BS       4096
#define DEPTH    8
#define WORKERS  2 /* their requests in flight are more than 1 % of COUNT: p99 lies among them */
#define COUNT    1200
#define RATE     1000 /* a second */
#define MS       (NSEC_PER_SEC / 1000)
#define BEFORE   (200 * MS) /* the stall's part in the window */
#define AFTER    (500 * MS)
#define GIVE_UP  (400 * MS)           /* after the window: a third of --stuck-after */
#define WITHOUT  (600 * NSEC_PER_SEC) /* only a hang is given up */
#define BUCKET   0.995                /* a percentile is at most half a bucket too low */
#define NO_VALUE (-1)

struct trial {
	struct job job;
	struct store store;
	struct fuse_file *file;
	struct crew *crew;
	int64_t begin_ns, end_ns;
	struct tally *total;
	struct json_object *result;
};

static void pause_ns(int64_t ns)
{
	const struct timespec pause = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&pause, NULL);
}

static void begin(struct trial *trial, int workers, const char *rate, int64_t give_up_ns)
{
	const char *why;
	struct err err;

	*trial = (struct trial){ .job = { .workload = workload_find("randread"),
		                          .threads = workers,
		                          .bs = BS,
		                          .iodepth = DEPTH,
		                          .direct = true,
		                          .seed = 1,
		                          .stuck_after_ns = 3 * give_up_ns } };
	trial->file = fuse_file_open(&why);
	if (!trial->file) {
		print_message("# %s\n", why);
		skip();
	}
	assert_int_equal(arrival_parse(rate, &trial->job.rate, &err), 0);
	if (store_inspect(trial->file->fd, &trial->store, &err) < 0 ||
	    store_check(&trial->store, &trial->job, &err) < 0 ||
	    crew_start(&trial->job, &trial->store, 1, &trial->crew, &err) < 0)
		fail_msg("%s", err.text);
	crew_warm(trial->crew);
	while (crew_state(trial->crew) != CREW_RUNNING)
		pause_ns(MS);
	trial->begin_ns = clock_now_ns();
	crew_open_window(trial->crew, trial->begin_ns);
}

/* Returns from when on, by our clock; a stall without an end has after_ns 0. */
static int64_t stall(struct trial *trial, int64_t after_ns)
{
	struct fuse_file *file = trial->file;
	int64_t from_ns;

	file->hold_until_ns = INT64_MAX;
	file->hold_from_ns = from_ns = clock_now_ns();
	pause_ns(BEFORE);
	trial->end_ns = clock_now_ns();
	crew_close_window(trial->crew, trial->end_ns);
	if (after_ns)
		file->hold_until_ns = trial->end_ns + after_ns;
	return from_ns;
}

static void finish(struct trial *trial)
{
	struct answer answer = { &trial->job, &trial->store, NULL,
		                 trial->end_ns - trial->begin_ns };
	char json[1 << 16];
	struct err err;

	if (crew_stop(trial->crew, &err) < 0)
		fail_msg("%s", err.text);
	answer.total = trial->total = calloc(1, sizeof(*trial->total));
	assert_non_null(trial->total);
	crew_total(trial->crew, trial->total);
	assert_true(answer_json(&answer, json, sizeof(json), &err) > 0);
	trial->result = json_tokener_parse(json);
	assert_non_null(trial->result);
	assert_int_equal(trial->total->errors, 0);
	assert_int_equal(trial->total->shorts, 0);
}

static void forget(struct trial *trial)
{
	crew_free(&trial->crew);
	fuse_file_close(&trial->file);
	json_object_put(trial->result);
	free(trial->total);
}

static struct json_object *figure(const struct trial *trial, const char *name)
{
	struct json_object *figures = json_object_object_get(trial->result, "figures");

	return json_object_object_get(figures, name);
}

static double value(const struct trial *trial, const char *name)
{
	struct json_object *found = json_object_object_get(figure(trial, name), "value");

	return found ? json_object_get_double(found) : NO_VALUE;
}

static bool is_bound(const struct trial *trial, const char *name)
{
	return json_object_get_boolean(json_object_object_get(figure(trial, name), "at_least"));
}

/* By the file: reads that it answered between the two. */
static int nr_answered(const struct fuse_file *file, int64_t from_ns, int64_t to_ns)
{
	int nr = 0;

	for (int i = 0; i < file->nr_reads; i++)
		nr += file->read[i].answered_ns >= from_ns && file->read[i].answered_ns <= to_ns;
	return nr;
}

/* Those that were with the file as the window ended: ours have all of them, as long as the file had them at least. */
static void expect_held(const struct trial *trial)
{
	const struct fuse_file *file = trial->file;
	const struct hist *hist = &trial->total->hist[TALLY_READ];
	int64_t longest_ns = 0, least_ns = INT64_MAX, now = clock_now_ns();
	uint64_t nr = 0, ours = 0;

	for (int i = 0; i < file->nr_reads; i++) {
		int64_t answered_ns = file->read[i].answered_ns, came_ns = file->read[i].came_ns;
		int64_t took_ns = (answered_ns ? answered_ns : trial->end_ns) - came_ns;

		if (came_ns > trial->end_ns || (answered_ns && answered_ns <= trial->end_ns))
			continue;
		assert_true(took_ns > 0 && took_ns < now - came_ns);
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
		least_ns = took_ns < least_ns ? took_ns : least_ns;
		nr++;
	}
	assert_true(nr > 0);
	for (int i = hist_index((uint64_t)least_ns); i < HIST_BUCKETS; i++)
		ours += hist->bucket[i];
	assert_true(ours >= nr);
	assert_true(hist->max_ns >= (uint64_t)longest_ns);
}

/* Answers reach the load a moment after the file gave them: those in flight at either end may be on one side or the other. */
static void expect_throughput(const struct trial *trial)
{
	struct json_object *io = json_object_object_get(trial->result, "io");
	int in_flight = trial->job.threads * DEPTH;
	int truth = nr_answered(trial->file, trial->begin_ns, trial->end_ns);
	int ours = json_object_get_int(json_object_object_get(io, "read_ops"));

	assert_in_range(ours, truth - in_flight, truth + in_flight);
	assert_int_equal(json_object_get_int64(json_object_object_get(io, "read_bytes")),
	                 (int64_t)ours * BS);
}

/* A closed loop: what is in flight as the stall begins, and nothing else of the window. */
static void test_closed(void **state)
{
	struct trial trial;
	int64_t from_ns, held_ns;

	(void)state;
	begin(&trial, WORKERS, "none", WITHOUT);
	while (nr_answered(trial.file, trial.begin_ns, INT64_MAX) < COUNT)
		pause_ns(MS);
	from_ns = stall(&trial, AFTER);
	finish(&trial);
	held_ns = trial.file->hold_until_ns - from_ns - FUSE_FILE_DELAY_NS;
	expect_held(&trial);
	expect_throughput(&trial);
	assert_true(value(&trial, "io_read_max_ns") >= (double)held_ns);
	assert_true(value(&trial, "io_read_p99_ns") >= BUCKET * (double)(held_ns - BEFORE));
	assert_true(value(&trial, "io_read_p50_ns") < (double)held_ns / 2);
	assert_false(is_bound(&trial, "io_read_max_ns"));
	forget(&trial);
}

/* Whatever is due in the last 200 ms waits for the stall's end: the k-th of them all but k milliseconds of it. */
static void test_open(void **state)
{
	struct trial trial;
	int64_t from_ns, p99_ns;
	uint64_t due;

	(void)state;
	begin(&trial, 1, "1000", WITHOUT);
	while (clock_now_ns() < trial.begin_ns + COUNT * MS - BEFORE)
		pause_ns(MS);
	from_ns = stall(&trial, AFTER);
	finish(&trial);
	due = (uint64_t)((trial.end_ns - trial.begin_ns) * RATE / NSEC_PER_SEC);
	assert_in_range(trial.total->hist[TALLY_READ].count, due, due + 1);
	p99_ns = trial.file->hold_until_ns - from_ns - (int64_t)(due / 100 + 2) * MS;
	expect_held(&trial);
	expect_throughput(&trial);
	assert_true(value(&trial, "io_read_p99_ns") >= BUCKET * (double)p99_ns);
	assert_false(is_bound(&trial, "io_read_p99_ns"));
	forget(&trial);
}

/* No answer at all: as long as it waited until it was given up, and said to be at least so much. */
static void test_never(void **state)
{
	static struct trial trial; /* of workers that do not end */
	int64_t from_ns;

	(void)state;
	begin(&trial, WORKERS, "none", GIVE_UP);
	while (nr_answered(trial.file, trial.begin_ns, INT64_MAX) < COUNT)
		pause_ns(MS);
	from_ns = stall(&trial, 0);
	finish(&trial);
	expect_held(&trial);
	expect_throughput(&trial);
	assert_true(value(&trial, "io_read_max_ns") >=
	            (double)(trial.end_ns + GIVE_UP - from_ns - FUSE_FILE_DELAY_NS));
	assert_true(is_bound(&trial, "io_read_max_ns"));
	assert_true(is_bound(&trial, "io_read_p99_ns"));
	assert_false(is_bound(&trial, "io_read_p50_ns"));
	forget(&trial);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_never),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fuse_stall", tests, NULL, NULL);
}
