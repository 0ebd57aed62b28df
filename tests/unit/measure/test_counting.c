/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_counting.c - live counting, with software events, which every kernel has. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "counters_parts.h"
#include "figure_peek.h"
#include "json.h"

static long nr_files(void)
{
	CLEANUP(dir_close) DIR *dir = opendir("/proc/self/fd");
	long nr = 0;

	while (readdir(dir))
		nr++;
	return nr;
}

#define MANY  10000
#define BATCH 50

struct maker {
	int go[2], born[2];
	pid_t tid;
	bool all_made;
};

/*
 * What the threads say of themselves just before their end: the watch ends a little later, rusage later still.  perf's clock
 * goes on in interrupts and while a hypervisor has the CPU, which CPU time leaves out.
 */
#define MOST_CPU(ns) ((double)(ns)*1.25)
#define ATTEMPTS     5
struct use {
	_Atomic uint64_t switches, cpu_ns;
};

static struct use own;

static uint64_t ns_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t switches_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
}

static void *short_life(void *arg)
{
	sched_yield();
	own.switches += switches_of(RUSAGE_THREAD);
	own.cpu_ns += ns_of(CLOCK_THREAD_CPUTIME_ID);
	return arg;
}

static void *make_many(void *arg)
{
	struct maker *maker = arg;
	char byte = 0;

	maker->tid = (pid_t)syscall(SYS_gettid);
	if (write(maker->born[1], &byte, 1) != 1 || read(maker->go[0], &byte, 1) != 1)
		return NULL;
	for (int made = 0; made < MANY; made += BATCH) {
		pthread_t id[BATCH];

		for (int i = 0; i < BATCH; i++) {
			if (pthread_create(&id[i], NULL, short_life, NULL))
				return NULL;
		}
		for (int i = 0; i < BATCH; i++)
			pthread_join(id[i], NULL);
	}
	maker->all_made = true;
	return NULL;
}

static struct counters *watch_both(pid_t maker, struct event_set *set)
{
	struct counters_thread threads[2] = { { .role = "native", .key = "native/0" },
		                              { .role = "loader", .key = "loader/0" } };
	struct counters *counters = NULL;
	char text[256];
	int why;

	threads[0].tid = maker;
	threads[1].tid = (pid_t)syscall(SYS_gettid);
	assert_int_equal(events_parse("task-clock,context-switches", EVENTS_SYSFS, set, NULL), 0);
	assert_int_equal(counters_open(set, threads, 2, &counters, NULL), 0);
	why = counter_at(counters, 0, 1)->why;
	if (why) {
		counters_explain(counters, &set->event[1], why, text, sizeof(text));
		print_message("# %s\n", text);
		counters_close(&counters);
		skip();
	}
	return counters;
}

/* Whether the CPU time is not counted twice; the rest must hold in any case. */
static bool count_many(void)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = NULL;
	struct maker maker = { 0 };
	struct event_set set;
	uint64_t switches, cpu_ns;
	double got, got_cpu;
	long files = nr_files();
	pthread_t id;
	char byte = 0;

	own.switches = own.cpu_ns = 0;
	assert_false(pipe(maker.go) || pipe(maker.born));
	assert_int_equal(pthread_create(&id, NULL, make_many, &maker), 0);
	assert_int_equal(read(maker.born[0], &byte, 1), 1);
	counters = watch_both(maker.tid, &set);
	switches = switches_of(RUSAGE_SELF);
	cpu_ns = ns_of(CLOCK_PROCESS_CPUTIME_ID);
	counters_start(counters);
	assert_int_equal(write(maker.go[1], &byte, 1), 1);
	pthread_join(id, NULL);
	counters_stop(counters);
	switches = switches_of(RUSAGE_SELF) - switches;
	cpu_ns = ns_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
	counters_figures(counters, figures);
	assert_true(maker.all_made);
	got = value(figures, "context-switches", NULL);
	got_cpu = value(figures, "task-clock", NULL) * 1e9;
	print_message(
	        "# switches: %.0f, between %.0f and %.0f; CPU %.3f ms, between %.3f and %.3f\n",
	        got, (double)own.switches, (double)switches, got_cpu / 1e6,
	        (double)own.cpu_ns / 1e6, (double)cpu_ns / 1e6);
	assert_true(own.switches && got >= (double)own.switches && got <= (double)switches);
	assert_true(got_cpu >= (double)own.cpu_ns);
	assert_true(value(figures, "context-switches", "native/0") > 0.5 * got);
	counters_close(&counters);
	for (int i = 0; i < 2; i++) {
		fd_close(&maker.go[i]);
		fd_close(&maker.born[i]);
	}
	assert_int_equal(nr_files(), files);
	return got_cpu <= MOST_CPU(cpu_ns);
}

/* Ten thousand threads, made by a watched one, and all gone when the window closes. */
static void test_many_threads(void **state)
{
	(void)state;
	for (int i = 1; !count_many(); i++)
		assert_true(i < ATTEMPTS);
}

/* Nothing is counted before the start and after the stop. */
static void test_window(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = NULL;
	const struct counters_thread self = { .tid = (pid_t)syscall(SYS_gettid),
		                              .role = "native",
		                              .key = "native/0" };
	struct event_set set;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(events_parse("page-faults:u", EVENTS_SYSFS, &set, &err), 0);
	assert_int_equal(counters_open(&set, &self, 1, &counters, &err), 0);
	if (counter_at(counters, 0, 0)->why)
		skip();
	for (int phase = 0; phase < 3; phase++) {
		const size_t size = 100 * 4096;
		char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		                   -1, 0);

		assert_true(pages != MAP_FAILED && !madvise(pages, size, MADV_NOHUGEPAGE));
		if (phase == 1)
			counters_start(counters);
		for (size_t i = 0; i < size; i += 4096)
			*(volatile char *)(pages + i) = 1;
		if (phase == 1)
			counters_stop(counters);
		munmap(pages, size);
	}
	counters_figures(counters, figures);
	assert_true(value(figures, "page-faults:u", NULL) >= 100);
	assert_true(value(figures, "page-faults:u", NULL) < 120);
}

/* A thread that has ended since leaves nothing behind; one that never was is no reason to know nothing. */
static void test_gone(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = NULL;
	const struct counters_thread threads[2] = {
		{ .tid = (pid_t)syscall(SYS_gettid), .role = "pool", .key = "pool/0" },
		{ .tid = 1 << 22, .role = "pool", .key = "pool/1" }, /* beyond the largest */
	};
	struct event_set set;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(events_parse("task-clock", EVENTS_SYSFS, &set, &err), 0);
	assert_int_equal(counters_open(&set, threads, 2, &counters, &err), 0);
	assert_int_equal(counter_at(counters, 1, 0)->why, ESRCH);
	counters_start(counters);
	counters_stop(counters);
	counters_figures(counters, figures);
	assert_true(value(figures, "task-clock", NULL) >= 0);
}

/* Groups that do not fit into the limit are refused whole, and the reason has the numbers. */
static void test_few_files(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	CLEANUP(counters_close) struct counters *counters = NULL;
	struct counters_thread threads[20];
	struct rlimit old, few;
	struct event_set set;
	struct err err = { 0 };
	int rc;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = (struct counters_thread){ .tid = (pid_t)syscall(SYS_gettid),
			                               .role = "native",
			                               .key = "native/0" };
	assert_int_equal(
	        events_parse("task-clock,page-faults:u,minor-faults:u", EVENTS_SYSFS, &set, &err),
	        0);
	getrlimit(RLIMIT_NOFILE, &old);
	few = (struct rlimit){ (rlim_t)nr_files() + 40, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	rc = counters_open(&set, threads, ARRAY_SIZE(threads), &counters, &err);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(rc, 0);
	counters_start(counters);
	counters_stop(counters);
	counters_figures(counters, figures);
	assert_true(value(figures, "task-clock", NULL) >= 0);
	assert_non_null(strstr(why(figures, "page-faults:u"), "ulimit -n"));
	assert_non_null(strstr(why(figures, "minor-faults:u"), "needs 40 more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_few_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
