/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_qload.c - conversations with the native server that go well: every workload, parked workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "catalog.h"
#include "json.h"
#include "qload_peer.h"
#include "text.h"

#define LATENCIES(prefix)                                                                          \
	prefix "_p50_ns", prefix "_p95_ns", prefix "_p99_ns", prefix "_p999_ns",                   \
	        prefix "_p9999_ns", prefix "_max_ns", NULL
#define IN_FLIGHT (2 * 8) /* of two workers, at the window's end */

static const char *const read_figures[] = { "io_read_iops", "io_read_bytes_per_s",
	                                    LATENCIES("io_read") };
static const char *const write_figures[] = { "io_write_iops", "io_write_bytes_per_s",
	                                     LATENCIES("io_write") };
static const char *const cpu_figures[] = { "cpu_events_per_s", LATENCIES("cpu_event") };
static const char *const none[] = { NULL };

/* Each figure has unit and direction, and a value or a reason. */
static int check_figures(struct json_object *figures, const char *const *names)
{
	int nr = 0;

	for (; names[nr]; nr++) {
		struct json_object *figure = member(figures, names[nr]);

		member(figure, "unit");
		member(figure, "better");
		if (json_object_is_type(member(figure, "value"), json_type_null))
			member(figure, "why");
		else
			assert_true(json_object_get_double(member(figure, "value")) > 0);
	}
	return nr;
}

static double rate(struct json_object *result, const char *name)
{
	return json_object_get_double(member(member(member(result, "figures"), name), "value"));
}

static void check_io(struct json_object *result, const char *kind, const char *const *wanted)
{
	struct json_object *io = member(result, "io");
	char name[64];
	int64_t ops, count;

	snprintf(name, sizeof(name), "%s_ops", kind);
	ops = number(io, name);
	snprintf(name, sizeof(name), "%s_bytes", kind);
	assert_int_equal(number(io, name), ops * 4096);
	if (!wanted[0]) {
		assert_int_equal(ops, 0);
		return;
	}
	snprintf(name, sizeof(name), "io_%s_ns", kind);
	count = samples(result, name);
	assert_true(ops > 0);
	assert_in_range(count, ops, ops + IN_FLIGHT);
	snprintf(name, sizeof(name), "io_%s_iops", kind);
	assert_float_equal(rate(result, name) * (double)number(result, "window_ns") / 1e9, ops,
	                   0.5);
}

static const struct load {
	const char *name;
	const char *const *reads, *const *writes;
} loads[] = {
	{ "randread", read_figures, none },        { "randwrite", none, write_figures },
	{ "randrw", read_figures, write_figures }, { "read", read_figures, none },
	{ "write", none, write_figures },
};

static void check_load(struct json_object *result, const struct load *load, bool direct)
{
	struct json_object *figures = member(result, "figures"), *engine = member(result, "engine");
	int nr = check_figures(figures, load->reads) + check_figures(figures, load->writes);

	assert_int_equal(json_object_object_length(figures), nr);
	assert_true(json_object_object_get_ex(figures, workload_find(load->name)->primary, NULL));
	check_io(result, "read", load->reads);
	check_io(result, "write", load->writes);
	assert_int_equal(number(member(result, "io"), "errors"), 0);
	assert_int_equal(number(member(result, "io"), "short"), 0);
	assert_true(json_object_get_boolean(member(engine, "direct")) == direct);
	assert_in_range(number(result, "window_ns"), 200000000, 60000000000);
}

/* The scratch must not grow, and what is behind the last whole block must stay. */
static void check_scratch(const struct peer *peer, const unsigned char *tail)
{
	unsigned char now[PEER_SCRATCH % 4096];
	struct stat st;

	assert_int_equal(fstat(peer->scratch_fd, &st), 0);
	assert_int_equal(st.st_size, PEER_SCRATCH);
	assert_int_equal(pread(peer->scratch_fd, now, sizeof(now), PEER_SCRATCH - sizeof(now)),
	                 sizeof(now));
	assert_memory_equal(now, tail, sizeof(now));
}

static void every_load(bool real_binary)
{
	unsigned char tail[PEER_SCRATCH % 4096];
	struct peer peer;
	uint64_t id = 1;

	peer_start(&peer, real_binary, NULL);
	assert_int_equal(pread(peer.scratch_fd, tail, sizeof(tail), PEER_SCRATCH - sizeof(tail)),
	                 sizeof(tail));
	assert_non_null(strstr(peer_expect(&peer, "hello", 0), "proto=1 "));
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		for (int direct = 0; direct < 2; direct++, id++) {
			struct json_object *result = peer_trial(&peer, id, loads[i].name, direct,
			                                        "");

			check_load(result, &loads[i], direct && peer.direct_fd >= 0);
			check_scratch(&peer, tail);
			json_object_put(result);
		}
	}
	assert_int_equal(peer_bye(&peer), 0);
}

static void test_every_load(void **state)
{
	(void)state;
	every_load(false);
}

static void test_real_binary(void **state)
{
	(void)state;
	every_load(true);
}

static void test_cpu(void **state)
{
	struct json_object *result, *figures;
	struct peer peer;
	int64_t events;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	result = peer_trial(&peer, 1, "cpu", true, "");
	figures = member(result, "figures");
	assert_int_equal(json_object_object_length(figures), check_figures(figures, cpu_figures));
	events = samples(result, "cpu_event_ns");
	assert_true(events > 0);
	assert_float_equal(rate(result, "cpu_events_per_s") * (double)number(result, "window_ns") /
	                           1e9,
	                   events - 1, 1.5); /* two workers: an event of each may end later */
	json_object_put(result);
	assert_int_equal(peer_bye(&peer), 0);
}

/* utime + stime, in ticks */
static unsigned long cpu_ticks(pid_t pid, pid_t tid)
{
	char path[64], text[1024], *at;
	unsigned long user = 0, system = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	assert_true(text_read_file(path, text, sizeof(text), NULL) > 0);
	at = strrchr(text, ')');
	assert_non_null(at);
	assert_int_equal(sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	                        &user, &system),
	                 2);
	return user + system;
}

/* Parked workers are threads of qload with the TIDs told, and have done nothing; the load runs before `go`. */
static void test_parked(void **state)
{
	struct peer peer;
	bool working = false;
	pid_t tid[2];

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	peer_prepare(&peer, 1, "cpu", true, "");
	assert_int_equal(sscanf(peer_expect(&peer, "parked", 1), "tids=%d,%d", &tid[0], &tid[1]),
	                 2);
	assert_int_not_equal(tid[0], tid[1]);
	usleep(100000);
	for (int i = 0; i < 2; i++)
		assert_true(cpu_ticks(peer.pid, tid[i]) <= 1);
	peer_say(&peer, "warm id=1");
	peer_expect(&peer, "ready", 1);
	for (int tries = 0; !working && tries < 500; tries++) {
		usleep(20000);
		working = cpu_ticks(peer.pid, tid[0]) + cpu_ticks(peer.pid, tid[1]) >= 5;
	}
	assert_true(working);
	assert_int_equal(peer_bye(&peer), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_load),
		cmocka_unit_test(test_real_binary),
		cmocka_unit_test(test_cpu),
		cmocka_unit_test(test_parked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qload", tests, NULL, NULL);
}
