/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_sessions.c - old against new sessions, simulated: without a difference at most 5 % have a verdict, whatever the
 * sessions differ by, and of 5 % slow-downs most are found where the spread between sessions was learned.
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
#include "results.h"
#include "verdict.h"

#define SWEEPS 1000
#define ROUNDS 8

struct world {
	int nr_old, nr_new, nr_same; /* sessions */
	double session_sd, cv;       /* between sessions; of a trial */
	double effect;               /* of the new ones */
	double given;                /* --session-spread */
	int rounds_of_one;           /* of the first new session; 0: ROUNDS */
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

static void add_session(struct results *results, const struct world *world, int side, int rounds)
{
	int file = results->files.nr;
	double at = world->session_sd * normal() + (side == SIDE_NEW ? log(world->effect) : 0);
	char name[32], line[400];

	snprintf(name, sizeof(name), "session%d", file);
	assert_int_equal(names_add(&results->files, name, strlen(name)), file);
	results->side[file] = (uint8_t)side;
	for (int i = 0; i < rounds; i++) {
		int n = snprintf(
		        line, sizeof(line),
		        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\",\"workload\":\"w\","
		        "\"block\":%d,\"repeat\":%d,\"seed\":%d,\"started\":\"%d\",\"boot_group\":0,"
		        "\"primary\":\"f\",\"figures\":{\"f\":{\"value\":%.17g,\"unit\":\"1/s\","
		        "\"better\":\"higher\"}}}",
		        i, i, file + 1, i, 1000 * exp(at + world->cv * normal()));

		assert_int_equal(results_read_line(results, line, (size_t)n, true), 0);
	}
}

static struct results *simulate(const struct world *world)
{
	struct results *results = results_new();

	assert_non_null(results);
	results->session_spread = world->given;
	for (int i = 0; i < world->nr_old; i++)
		add_session(results, world, SIDE_OLD, ROUNDS);
	for (int i = 0; i < world->nr_new; i++)
		add_session(results, world, SIDE_NEW,
		            world->rounds_of_one && !i ? world->rounds_of_one : ROUNDS);
	for (int i = 0; i < world->nr_same; i++)
		add_session(results, world, SIDE_SAME, ROUNDS);
	assert_int_equal(results_finish(results), 0);
	return results;
}

struct count {
	int verdicts, found, covered;
	char words[200]; /* of the last */
};

static struct count simulate_many(const struct world *world, int sweeps)
{
	struct count count = { 0 };

	state_of_dice = 7 + (uint64_t)(world->nr_old * 100 + world->nr_new * 10 + world->nr_same);
	for (int i = 0; i < sweeps; i++) {
		CLEANUP(results_free) struct results *results = simulate(world);
		CLEANUP(comparisons_done) struct comparisons c = { 0 };
		const struct comparison *row;

		assert_int_equal(compare_make(results, NULL, &c, NULL), 0);
		assert_int_equal(c.nr, 2); /* what the spread is learned from is no arm */
		row = &c.list[1];
		assert_true(row->by_session);
		count.verdicts += row->verdict == VERDICT_BETTER || row->verdict == VERDICT_WORSE;
		count.found += row->verdict == VERDICT_WORSE && world->effect < 1;
		count.covered += row->ci[0] <= world->effect && world->effect <= row->ci[1];
		verdict_words(row, count.words, sizeof(count.words));
	}
	print_message(
	        "# %d against %d, %d to learn from, session SD %.2f %%: %.1f %% with a verdict, "
	        "%.1f %% covered\n",
	        world->nr_new, world->nr_old, world->nr_same, world->session_sd * 100,
	        100.0 * count.verdicts / sweeps, 100.0 * count.covered / sweeps);
	return count;
}

static void no_difference_is_rarely_one(void **state)
{
	static const double spreads[] = { 0, 0.0025, 0.01 };
	static const int designs[][3] = { { 3, 3, 0 }, { 1, 1, 6 }, { 1, 1, 10 }, { 2, 2, 4 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(designs); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(spreads); j++) {
			const struct world world = { designs[i][0],
				                     designs[i][1],
				                     designs[i][2],
				                     spreads[j],
				                     0.01,
				                     1,
				                     0,
				                     0 };
			struct count count = simulate_many(&world, SWEEPS);

			assert_true(count.verdicts <= 0.05 * SWEEPS + 2 * sqrt(SWEEPS * 0.0475));
			assert_true(count.covered >= 0.93 * SWEEPS);
		}
	}
}

static void what_is_there_is_found(void **state)
{
	const struct world six = { 1, 1, 6, 0.01, 0.005, 1 / 1.05, 0, 0 };
	const struct world ten = { 1, 1, 10, 0.01, 0.005, 1 / 1.05, 0, 0 };
	const struct world handicap = { 1, 1, 12, 0.01, 0.005, 1 / 1.1, 0, 0 };
	const struct world given = { 1, 1, 0, 0.01, 0.005, 1 / 1.05, 0.01, 0 };

	(void)state;
	assert_true(simulate_many(&six, SWEEPS).found >= 0.7 * SWEEPS);
	assert_true(simulate_many(&ten, SWEEPS).found >= 0.8 * SWEEPS);
	assert_true(simulate_many(&handicap, SWEEPS).found >= 0.9 * SWEEPS);
	assert_true(simulate_many(&given, SWEEPS).found >= 0.85 * SWEEPS);
}

/* However large the difference is: one session against one, or two against two, have no verdict. */
static void too_few_sessions_have_no_verdict(void **state)
{
	const struct world one = { 1, 1, 0, 0.01, 0.005, 0.5, 0, 0 };
	const struct world two = { 2, 2, 0, 0.001, 0.001, 0.5, 0, 0 };
	const struct world few = { 1, 1, 4, 0.01, 0.005, 0.5, 0, 0 };
	struct count count = simulate_many(&one, 20);

	(void)state;
	assert_int_equal(count.verdicts, 0);
	assert_string_equal(count.words,
	                    "inconclusive: one session on each side; the spread between "
	                    "sessions is not known");
	count = simulate_many(&two, 20);
	assert_int_equal(count.verdicts, 0);
	assert_true(count.covered > 0);                        /* it has an interval all the same */
	assert_int_equal(simulate_many(&few, 20).verdicts, 0); /* three degrees of freedom */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_difference_is_rarely_one),
		cmocka_unit_test(what_is_there_is_found),
		cmocka_unit_test(too_few_sessions_have_no_verdict),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
