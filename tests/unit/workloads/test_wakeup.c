/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_wakeup.c - what the timer load says of itself: whether it kept up, and what memory it locked. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "answer.h"
#include "catalog.h"
#include "cleanup.h"
#include "job.h"
#include "qload_peer.h"
#include "text.h"
#include "wakeup.h"

static void tally_free(struct tally **total)
{
	free(*total);
	*total = NULL;
}

/* Late for a tenth of the window is a stall; for more, the load did not keep up, and figures and text say so. */
static void test_saturated(void **state)
{
	static const struct {
		int late, in_time;
		bool said;
	} cases[] = { { 0, 1000, false },   { 100, 900, false },  { 101, 900, true },
		      { 1000, 1000, true }, { 1001, 1000, true }, { 1000, 0, true } };
	struct job job = { .workload = workload_find("wakeup"), .threads = 1 };
	char text[8192], json[8192];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(tally_free) struct tally *total = calloc(1, sizeof(*total));
		struct answer answer = { &job, NULL, total, NSEC_PER_SEC };

		hist_add(&total->hist[TALLY_EVENT], 300000, (uint64_t)cases[i].late);
		hist_add(&total->hist[TALLY_EVENT], 20000, (uint64_t)cases[i].in_time);
		total->late = (uint64_t)cases[i].late;
		total->fact[0] = WAKEUP_LOCKED;
		assert_true(answer_text(&answer, text, sizeof(text), &err) > 0);
		assert_true(answer_json(&answer, json, sizeof(json), &err) > 0);
		assert_int_equal(!!strstr(text, "warning: saturated: "), cases[i].said);
		assert_int_equal(!!strstr(json, "\"saturated\":true"), cases[i].said);
		/* more late than in time: no primary figure, with the reason */
		assert_int_equal(
		        !!strstr(json, "\"wakeup_p99_ns\":{\"value\":null,\"why\":\"saturated: "),
		        cases[i].late > cases[i].in_time);
		assert_non_null(strstr(text, ", cpu_dma_latency not held: "));
		assert_non_null(strstr(text, ", memory_locked true, cpu_dma_latency"));
	}
}

/* What could not be locked, and why, where that is another reason than the limit. */
static void test_unlocked(void **state)
{
	static const struct {
		uint64_t fact;
		const char *says;
	} cases[] = {
		{ WAKEUP_UNLOCKED(WAKEUP_FIND_STACK, ENOMEM),
		  "\"pthread_getattr_np: Cannot allocate memory\"" },
		{ WAKEUP_UNLOCKED(WAKEUP_LOCK_STACK, EAGAIN),
		  "\"mlock of the stack: Resource temporarily unavailable\"" },
		{ WAKEUP_UNLOCKED(WAKEUP_LOCK_COUNTS, ENOMEM),
		  "\"mlock of the counts: Cannot allocate memory" },
	};
	struct job job = { .workload = workload_find("wakeup"), .threads = 1 };
	char json[8192];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(tally_free) struct tally *total = calloc(1, sizeof(*total));
		struct answer answer = { &job, NULL, total, NSEC_PER_SEC };

		total->fact[0] = cases[i].fact;
		assert_true(answer_json(&answer, json, sizeof(json), &err) > 0);
		assert_non_null(strstr(json, "\"memory_locked\":false,\"memory_locked_why\":"));
		assert_non_null(strstr(json, cases[i].says));
	}
}

static void allow_no_locks(void)
{
	const struct rlimit none = { 0 };

	prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK); /* root's alone, and nobody else has it */
	setrlimit(RLIMIT_MEMLOCK, &none);
}

static long locked_kb(pid_t pid)
{
	char path[64], text[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	assert_true(text_read_file(path, text, sizeof(text), NULL) > 0);
	line = strstr(text, "VmLck:");
	assert_non_null(line);
	return strtol(line + strlen("VmLck:"), NULL, 10);
}

/* A server's next trial has the memory that it may lock again. */
static void test_locks(void **state)
{
	struct json_object *result, *engine;
	struct peer peer;

	(void)state;
	peer_start(&peer, true, NULL);
	peer_expect(&peer, "hello", 0);
	result = peer_trial(&peer, 1, "wakeup", true, "");
	engine = member(result, "engine");
	assert_int_equal(json_object_get_boolean(member(engine, "memory_locked")),
	                 !json_object_object_get_ex(engine, "memory_locked_why", NULL));
	assert_int_equal(locked_kb(peer.pid), 0);
	json_object_put(result);
	assert_int_equal(peer_bye(&peer), 0);

	peer_start(&peer, true, allow_no_locks);
	peer_expect(&peer, "hello", 0);
	result = peer_trial(&peer, 1, "wakeup", true, "");
	engine = member(result, "engine");
	assert_false(json_object_get_boolean(member(engine, "memory_locked")));
	assert_string_equal(json_object_get_string(member(engine, "memory_locked_why")),
	                    "mlock of the program: Operation not permitted (RLIMIT_MEMLOCK "
	                    "allows 0 bytes without CAP_IPC_LOCK)");
	json_object_put(result);
	assert_int_equal(peer_bye(&peer), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_saturated),
		cmocka_unit_test(test_unlocked),
		cmocka_unit_test(test_locks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("wakeup", tests, NULL, NULL);
}
