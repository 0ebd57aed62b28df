/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_gap.c - the gap recovered: Fieller's interval against a formula of its own, and how often it holds the truth.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "compare.h"
#include "gap.h"
#include "results.h"
#include "verdict.h"

#define SWEEPS 800

struct world {
	double native, vm, theta; /* theta: of the gap, recovered by the tuned VM */
	double noise, shared;     /* of a value; of all values of a block */
	int blocks;
	bool apart; /* each arm in blocks of its own */
	bool lower_is_better;
};

static uint64_t state_of_dice;

static double roll(void)
{
	uint64_t z = (state_of_dice += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	double radius = sqrt(-2 * log(roll()));

	return radius * cos(6.283185307179586 * roll());
}

static void add_trial(struct results *results, const struct world *world, int arm, int block,
                      double value)
{
	static const char *const names[] = { "native", "VM", "tuned" };
	char line[400];
	int n = snprintf(
	        line, sizeof(line),
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"w\",\"block\":%d,"
	        "\"repeat\":%d,\"seed\":1,\"baseline\":\"VM\",\"arm_order\":%d,\"boot_group\":%d,"
	        "\"primary\":\"f\",\"figures\":{\"f\":{\"value\":%.17g,\"unit\":\"1/s\","
	        "\"better\":\"%s\"}}}",
	        names[arm], block, block, arm, arm ? 0 : -1, value,
	        world->lower_is_better ? "lower" : "higher");

	assert_int_equal(results_read_line(results, line, (size_t)n, true), 0);
}

static struct results *simulate(const struct world *world)
{
	const double means[] = { world->native, world->vm,
		                 world->vm + world->theta * (world->native - world->vm) };
	struct results *results = results_new();

	assert_non_null(results);
	for (int block = 0; block < world->blocks; block++) {
		double shared = world->shared * normal();

		for (int arm = 0; arm < 3; arm++) {
			int at = world->apart ? block * 3 + arm : block;

			add_trial(results, world, arm, at,
			          means[arm] + shared + world->noise * normal());
		}
	}
	assert_int_equal(results_finish(results), 0);
	return results;
}

static const struct comparison *tuned_row(const struct results *results,
                                          const struct comparisons *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		if (!strcmp(names_at(&results->arms, c->list[i].arm), "tuned"))
			return &c->list[i];
	}
	fail();
	return NULL;
}

struct count {
	int known, covered;
	char words[160];
};

static struct count simulate_many(const struct world *world, int sweeps)
{
	struct count count = { 0 };

	state_of_dice = 99;
	for (int i = 0; i < sweeps; i++) {
		CLEANUP(results_free) struct results *results = simulate(world);
		CLEANUP(comparisons_done) struct comparisons c = { 0 };
		const struct comparison *row;

		assert_int_equal(compare_make(results, NULL, &c, NULL), 0);
		row = tuned_row(results, &c);
		gap_words(row, count.words, sizeof(count.words));
		if (isnan(row->gap))
			continue;
		count.known++;
		count.covered += row->gap_ci[0] <= world->theta && world->theta <= row->gap_ci[1];
	}
	print_message(
	        "# theta %.1f, %d blocks%s, noise %.0f: %.1f %% known, of these %.1f %% covered: %s\n",
	        world->theta, world->blocks, world->apart ? " apart" : "", world->noise,
	        100.0 * count.known / sweeps, 100.0 * count.covered / fmax(1, count.known),
	        count.words);
	return count;
}

/* Coverage is over all sweeps: those whose gap is not resolved exclude nothing. */
static void the_interval_holds_the_truth(void **state)
{
	static const double thetas[] = { 0, 0.6, 1, 1.2 };
	static const double noises[] = { 10, 40, 120 }; /* the last: g near 1 */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(thetas); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(noises) * 2; j++) {
			const struct world world = { .native = 1000,
				                     .vm = 800,
				                     .theta = thetas[i],
				                     .noise = noises[j / 2],
				                     .shared = 50,
				                     .blocks = 8,
				                     .apart = j % 2 };
			struct count count = simulate_many(&world, SWEEPS);
			int missed = count.known - count.covered;

			assert_true(missed <= 0.05 * SWEEPS + 3 * sqrt(SWEEPS * 0.0475));
		}
	}
}

static void what_is_no_gap_is_said(void **state)
{
	struct world world = { .native = 1000, .vm = 800, .theta = 0.62, .noise = 1, .blocks = 8 };

	(void)state;
	assert_non_null(strstr(simulate_many(&world, 1).words, " % [6"));
	world.native = 800.01;
	assert_string_equal(simulate_many(&world, 1).words,
	                    "inconclusive: the gap to native is not resolved");
	world.native = 600;
	assert_string_equal(simulate_many(&world, 1).words,
	                    "no gap to recover: the VM is not behind native");
	world.lower_is_better = true; /* of latencies the lower side is the better one */
	assert_non_null(strstr(simulate_many(&world, 1).words, " % [6"));
}

static void no_end_is_a_negative_zero(void **state)
{
	static const struct {
		double gap, ci[2];
		const char *words;
	} cases[] = {
		{ 0.62, { 0.48, 0.77 }, "62 % [48, 77]" },
		{ -0.0074, { -0.0149, 0.0002 }, "-0.74 % [-1.49, 0.02]" },
		{ -0.0056, { -0.011, -0.00389 }, "-0.6 % [-1.1, -0.4]" },
		{ 0.0027, { -0.00001, 0.0095 }, "0.27 % [0.00, 0.95]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct comparison row = { .gap = cases[i].gap,
			                  .gap_ci = { cases[i].ci[0], cases[i].ci[1] } };
		char text[64];

		gap_share(&row, text, sizeof(text));
		assert_string_equal(text, cases[i].words);
	}
}

/* Judged by its words alone: what no verdict can rest on is not "within 739 %". */
static void a_wide_control_is_too_noisy(void **state)
{
	static const struct {
		double ci[2];
		const char *words;
	} cases[] = {
		{ { 0.98, 1.01 }, "A/A within 2.0 %" },
		{ { 0.7, 1.1 }, "A/A within 43 %" },
		{ { 0.119, 3.0 }, "A/A too noisy to judge (up to x8.4)" },
		{ { 0.5, INFINITY }, "A/A too noisy to judge (up to any factor)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct comparison row = { .is_control = true,
			                  .primary = true,
			                  .p = 0.9,
			                  .level = 0.99,
			                  .least = 0.001,
			                  .units = 12,
			                  .ci = { cases[i].ci[0], cases[i].ci[1] } };
		char text[160];

		verdict_control_words(&row, text, sizeof(text));
		assert_string_equal(text, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interval_holds_the_truth),
		cmocka_unit_test(what_is_no_gap_is_said),
		cmocka_unit_test(no_end_is_a_negative_zero),
		cmocka_unit_test(a_wide_control_is_too_noisy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
