/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_loads.c - the loads beside cpu and I/O: what they must find, and their answers over the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer.h"
#include "catalog.h"
#include "cleanup.h"
#include "fault.h"
#include "job.h"
#include "load.h"
#include "mem.h"
#include "pages.h"
#include "qload_peer.h"
#include "rng.h"
#include "text.h"

static void chain_free(struct chase_node **chain)
{
	free(*chain);
	*chain = NULL;
}

/* Any number of nodes is one cycle, and its numbers are those of a walk. */
static void test_chain(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 3, 64, 1000, 4096 };
	struct rng rng;
	struct err err;

	(void)state;
	rng_seed(&rng, 7);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t nr = sizes[i], next_to = 0;
		CLEANUP(chain_free)
		struct chase_node *chain = aligned_alloc(64, nr * sizeof(*chain));
		CLEANUP(str_free) char *seen = calloc(nr, 1);

		assert_int_equal(chase_link(chain, nr, &rng, &err), 0);
		for (uint64_t step = 0; step < nr; step++) {
			const struct chase_node *at = chase_walk(chain, step);

			assert_int_equal(at->position, step);
			assert_false(seen[at - chain]);
			seen[at - chain] = 1;
			next_to += at->next == at + 1;
		}
		assert_ptr_equal(chase_walk(chain, nr), chain);
		assert_true(nr < 64 || next_to < nr / 8); /* no prefetcher guesses the next one */
	}
}

static void test_pages(void **state)
{
	struct pages pages = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(pages_map(8 << 20, false, &pages, &err), 0);
	assert_int_equal((uintptr_t)pages.map % (2 << 20), 0);
	memset(pages.map, 1, pages.bytes);
	assert_int_equal(pages_huge_bytes(&pages), 0);
	pages_unmap(&pages);
	assert_int_equal(pages_map(8 << 20, true, &pages, &err), 0);
	assert_int_equal(pages_huge_bytes(&pages), 0); /* none is touched yet */
	memset(pages.map, 1, pages.bytes);
	if (!pages_huge_bytes(&pages))
		print_message("# this kernel gave no huge pages\n");
	assert_true(pages_huge_bytes(&pages) <= pages.bytes);
	pages_unmap(&pages);
	pages_unmap(&pages);
}

#ifndef __has_feature /* clang's word for it */
#define __has_feature(x) 0
#endif

/* The address sanitizer's shadow has pages of its own. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define MOST_FAULTS 512
#else
#define MOST_FAULTS (256 + 4)
#endif

static void test_faults(void **state)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct tally_sum round;
	struct err err;

	(void)state;
	assert_int_equal(faults_round(1 << 20, tally, &round, &err), 0);
	free(tally);
	assert_in_range(round.ops, 256, MOST_FAULTS);
	assert_true(round.ns > 0);
}

/* Each workload of the catalog has a load, and none is taken for I/O by mistake. */
static void test_catalog(void **state)
{
	const struct workload *workload;

	(void)state;
	for (int i = 0; (workload = workload_at(i)); i++) {
		if (workload->is_io)
			assert_string_equal(load_of(workload)->name, "io");
		else
			assert_string_equal(load_of(workload)->name, workload->name);
	}
}

static const struct {
	const char *name, *engine;
} loads[] = {
	{ "mem", "sizes" },      { "wakeup", "cpu_dma_latency" },
	{ "pipe", "cross_cpu" }, { "fault", NULL },
	{ "syscall", NULL },     { "memcpy", "huge_bytes" },
	{ "lock", NULL },
};

static double value(struct json_object *figures, const char *name)
{
	struct json_object *figure = member(figures, name), *number = member(figure, "value");

	if (!number)
		fail_msg("%s: %s", name, json_object_get_string(member(figure, "why")));
	return json_object_get_double(number);
}

static void check_answer(struct json_object *result, size_t i)
{
	struct json_object *figures = member(result, "figures");
	const struct workload *workload = workload_find(loads[i].name);
	int nr = 0;

	for (; workload->claims[nr].name; nr++) {
		struct json_object *figure = member(figures, workload->claims[nr].name);

		member(figure, "unit");
		if (!json_object_is_type(member(figure, "value"), json_type_null))
			assert_true(json_object_get_double(member(figure, "value")) >= 0);
		else
			member(figure, "why");
	}
	assert_int_equal(json_object_object_length(figures), nr);
	if (loads[i].engine)
		member(member(result, "engine"), loads[i].engine);
	/* on a busy machine a timer may not keep up, and says so: then it has no primary figure */
	if (!strcmp(loads[i].name, "wakeup")) {
		assert_true(value(figures, "wakeup_p50_ns") > 0);
		return;
	}
	assert_true(value(figures, workload->primary) > 0);
	assert_int_equal(json_object_array_length(member(result, "warnings")), 0);
}

/* The further away, the longer it takes; neighbours may be close, and the machine may be busy. */
static void check_latencies(struct json_object *result)
{
	struct json_object *figures = member(result, "figures");

	assert_true(value(figures, "mem_l1_ns") < value(figures, "mem_llc_ns"));
	assert_true(value(figures, "mem_l2_ns") < value(figures, "mem_latency_ns"));
	assert_true(value(figures, "mem_l1_ns") * 4 < value(figures, "mem_latency_ns"));
}

/* 5,000 times a second and worker: each period that was due in the window, however late. */
static void check_wakeups(struct json_object *result)
{
	int64_t each = number(result, "window_ns") / 200000;

	assert_in_range(samples(result, "wakeup_ns"), 2 * each, 2 * each + 2);
}

static bool is_too_short(struct json_object *result)
{
	json_object_object_foreach(member(result, "figures"), name, figure) {
		(void)name;
		if (json_object_is_type(member(figure, "value"), json_type_null) &&
		    strstr(json_object_get_string(member(figure, "why")), "in the window"))
			return true;
	}
	return false;
}

/* On a busy machine 200 ms may hold not one whole piece of work of each kind: then another window. */
static struct json_object *try_load(struct peer *peer, const char *name, const char *extra)
{
	static uint64_t id;

	for (;;) {
		struct json_object *result = peer_trial(peer, ++id, name, true, extra);

		if (!is_too_short(result))
			return result;
		json_object_put(result);
	}
}

static void test_over_the_wire(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		/* a machine's own sizes may be gigabytes */
		bool is_mem = !strcmp(loads[i].name, "mem");
		struct json_object *result = try_load(
		        &peer, loads[i].name, is_mem ? "mem_sizes=16k,256k,8M,128M,32M" : "");

		check_answer(result, i);
		if (!strcmp(loads[i].name, "mem"))
			check_latencies(result);
		if (!strcmp(loads[i].name, "wakeup"))
			check_wakeups(result);
		if (!strcmp(loads[i].name, "lock"))
			assert_int_equal(samples(result, "lock_wait_ns"),
			                 samples(result, "lock_hold_ns"));
		json_object_put(result);
	}
	assert_int_equal(peer_bye(&peer), 0);
}

/* Partners are threads like the workers, named beside them, and gone with the next trial. */
static void test_partners(void **state)
{
	struct peer peer;
	pid_t tid[4];
	char path[64];

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	peer_prepare(&peer, 1, "pipe", true, "");
	assert_int_equal(sscanf(peer_expect(&peer, "parked", 1), "tids=%d,%d partners=%d,%d",
	                        &tid[0], &tid[1], &tid[2], &tid[3]),
	                 4);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d", peer.pid, tid[i]);
		assert_int_equal(access(path, F_OK), 0);
	}
	peer_say(&peer, "warm id=1");
	peer_expect(&peer, "ready", 1);
	peer_say(&peer, "abort id=1"); /* in full run: both halves must come to an end */
	peer_expect(&peer, "fail", 1);
	peer_prepare(&peer, 2, "pipe", true, "");
	peer_expect(&peer, "parked", 2);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(peer_bye(&peer), 0); /* parked, and never asked to work */
}

/* More workers than the memory has room for are refused, in words. */
static void test_memory(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	peer_say(&peer, "prepare id=1 workload=mem threads=256 duration_ns=200000000 warmup_ns=0 "
	                "bs=4096 iodepth=8 rwmix=70 direct=0 seed=3 mem_sizes=4k,4k,0,1G,0");
	if (sysconf(_SC_PHYS_PAGES) < (512l << 30) / 4096)
		assert_non_null(strstr(peer_expect(&peer, "fail", 1), "256 workers of mem take"));
	else
		peer_expect(&peer, "parked", 1);
	assert_int_equal(peer_bye(&peer), 0);
}

#define OWN_BYTES (2 << 20)
#define OWN_WALKS 20

/* ns a load of the fastest of many walks over a set of that size, by a loop of the test's own. */
static double own_walk_ns(void)
{
	uint64_t nr = OWN_BYTES / sizeof(struct chase_node);
	struct pages pages = { 0 };
	const struct chase_node *at;
	double best = 0;
	struct rng rng;
	struct err err;

	rng_seed(&rng, 5);
	assert_int_equal(pages_map(OWN_BYTES, false, &pages, &err), 0);
	assert_int_equal(chase_link(pages.map, nr, &rng, &err), 0);
	at = pages.map;
	for (int i = 0; i < OWN_WALKS; i++) {
		int64_t begin = clock_now_ns();
		double ns;

		for (uint64_t k = 0; k < nr; k++) {
			at = at->next;
			__asm__ volatile("" : "+r"(at));
		}
		ns = (double)(clock_now_ns() - begin) / (double)nr;
		best = !i || ns < best ? ns : best;
	}
	pages_unmap(&pages);
	return best;
}

/* A level is walked as if it were alone, though a round visits DRAM before it.  Neighbours slow down now the one, now the
 * other: of some trials one agrees. */
static void test_steady(void **state)
{
	struct peer peer;
	double ratio = 0;

	(void)state;
	peer_start(&peer, true, NULL);
	peer_expect(&peer, "hello", 0);
	for (uint64_t id = 1; id <= 40 && !(ratio > 0.8 && ratio < 1.15); id++) {
		struct json_object *result = peer_alone(&peer, id, "mem",
		                                        "mem_sizes=16k,256k,2M,128M,32M");
		struct json_object *llc = member(member(result, "figures"), "mem_llc_ns");

		/* null: on a busy machine no walk has ended */
		ratio = json_object_get_double(member(llc, "value")) / own_walk_ns();
		print_message("# mem_llc_ns is %.2f of an own walk's\n", ratio);
		json_object_put(result);
	}
	assert_true(ratio > 0.8 && ratio < 1.15);
	assert_int_equal(peer_bye(&peer), 0);
}

/* What does not fit is told: no size of that cache, a warning where DRAM was not reached. */
static void test_sizes_told(void **state)
{
	struct json_object *result, *figure;
	struct peer peer;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	result = peer_trial(&peer, 1, "mem", true, "mem_sizes=8k,64k,0,16M,260M");
	figure = member(member(result, "figures"), "mem_llc_ns");
	assert_true(json_object_is_type(member(figure, "value"), json_type_null));
	assert_non_null(strstr(json_object_get_string(member(figure, "why")), "larger than L2"));
	assert_string_equal(json_object_get_string(member(member(result, "engine"), "sizes")),
	                    "l1 8k, l2 64k, llc none, dram 16M");
	assert_non_null(strstr(json_object_get_string(member(result, "warnings")),
	                       "not DRAM's alone: 16M is less than twice the last cache (260M)"));
	json_object_put(result);
	result = peer_trial(&peer, 2, "mem", true, "mem_sizes=8k,64k,0,16M,0");
	assert_non_null(strstr(json_object_get_string(member(result, "warnings")),
	                       "nothing says how large the last cache is"));
	json_object_put(result);
	peer_prepare(&peer, 3, "mem", true, "mem_sizes=8k,64k,16M");
	assert_non_null(strstr(peer_expect(&peer, "fail", 3), "mem_sizes: "));
	assert_int_equal(peer_bye(&peer), 0);
}

/* Nobody waits for a lock that nobody else wants: no figure says that somebody did. */
static void test_lock_alone(void **state)
{
	static const char *const none[] = { "lock_ops_per_s", "lock_wait_p99_ns",
		                            "lock_wait_max_ns" };
	struct json_object *result, *figures;
	struct peer peer;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	result = peer_alone(&peer, 1, "lock", "");
	figures = member(result, "figures");
	assert_true(value(figures, "lock_hold_max_ns") > 0); /* it holds it all the same */
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct json_object *figure = member(figures, none[i]);

		assert_true(json_object_is_type(member(figure, "value"), json_type_null));
		assert_string_equal(json_object_get_string(member(figure, "why")),
		                    "one worker: nobody waits");
	}
	assert_int_equal(json_object_array_length(member(result, "warnings")), 1);
	json_object_put(result);
	assert_int_equal(peer_bye(&peer), 0);
}

/* A worker that gets no CPU until it is told to stop has done nothing, and nothing wrong. */
static void test_stopped_before_it_ran(void **state)
{
	static const char *const names[] = { "cpu", "syscall", "memcpy" };
	const struct job job = { .threads = 1, .mem = { 4096, 4096, 4096, 2 << 20, 0 } };
	const struct place place = { .job = &job };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct load *load = load_of(workload_find(names[i]));
		struct window window = { .stop = true };
		struct tally tally = { 0 };
		struct err err = { 0 };
		void *own = NULL;

		if ((load->open && load->open(&place, &own, &err)) ||
		    load->run(own, &window, &tally, &err))
			fail_msg("%s: %s", names[i], err.text);
		if (load->close)
			load->close(own);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_catalog),
		cmocka_unit_test(test_over_the_wire),
		cmocka_unit_test(test_partners),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_lock_alone),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_sizes_told),
		cmocka_unit_test(test_stopped_before_it_ran),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("loads", tests, NULL, NULL);
}
