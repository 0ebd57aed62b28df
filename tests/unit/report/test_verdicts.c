/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_verdicts.c - whole sweeps, simulated: how often is a difference reported where there is none, how often is one
 * missed that is there, and how often does the interval hold the truth?  Each trial goes in as a result line, in a
 * random order within its round, as a sweep runs them; the seeds are fixed.
 *
 * Gates: false verdicts at most 5 % and two standard errors (120 of 2000), intervals that hold the truth at least 93 %.
 * Refused sweeps count as uncovered, and power is asked for wherever a verdict is promised: else refusing everything
 * would pass.  CAMPAIGN=1 crosses all worlds with all designs.
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
#include "judge.h"
#include "results.h"
#include "verdict.h"

#define ARMS_MAX   8
#define TRIALS_MAX 1000
#define SWEEPS     2000

/* How single trials are noisy; all but SKEWED are symmetric on the log scale. */
enum noise {
	NORMAL,
	SKEWED, /* lognormal on the log scale */
	T2,
	CAUCHY,
	DRIFT,
	AR5,
	AR9,
	BURST, /* a tenth of the trials, in a row, five times as noisy */
	BIMODAL_TRIALS,
	BIMODAL_BOOTS,
	TIES,
	PERIOD_8,
	NR_NOISES
};

static const char *const noise_names[] = {
	[NORMAL] = "normal",
	[SKEWED] = "lognormal",
	[T2] = "t2",
	[CAUCHY] = "Cauchy",
	[DRIFT] = "drift",
	[AR5] = "AR(1) .5",
	[AR9] = "AR(1) .9",
	[BURST] = "burst",
	[BIMODAL_TRIALS] = "bimodal trials",
	[BIMODAL_BOOTS] = "bimodal boots",
	[TIES] = "ties",
	[PERIOD_8] = "period 8",
};

struct world {
	enum noise noise;
	int nr_arms, boots,
	        rounds; /* arm 0 is the baseline; the last is its control where there is one */
	bool is_native, own_vm; /* own_vm: each arm has a VM of its own in each block */
	bool has_control;
	double effect[ARMS_MAX]; /* 0: 1 */
	double cv;               /* of a trial */
	double boot_cv;          /* of a VM start, which its arms share */
	double arm_by_boot;      /* SD of an arm's effect from VM start to VM start */
	double shift_of_control; /* of the log: order or drift that the control sees */
	double other_host; /* odd blocks are another machine's, so much as fast; 0: one machine */
};

struct dice {
	uint64_t state;
};

static double roll(struct dice *dice)
{
	uint64_t z = (dice->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct dice *dice)
{
	double radius = sqrt(-2 * log(roll(dice)));

	return radius * cos(6.283185307179586 * roll(dice));
}

/* Trial t of all: its noise on the log scale. */
static double noise_of(const struct world *world, struct dice *dice, int t, int all, double *ar)
{
	double phi = world->noise == AR5 ? 0.5 : 0.9, n = normal(dice);

	switch (world->noise) {
	case SKEWED:
		return world->cv * (exp(n) - exp(0.5)) / 2.16;
	case T2:
		return world->cv * n / sqrt(-log(roll(dice)));
	case CAUCHY:
		return world->cv * 0.3 * tan(3.141592653589793 * (roll(dice) - 0.5));
	case DRIFT:
		return world->cv * n + 0.1 * t / all;
	case AR5:
	case AR9:
		*ar = phi * *ar + sqrt(1 - phi * phi) * n;
		return world->cv * *ar;
	case BIMODAL_TRIALS:
		return world->cv * n + (roll(dice) < 0.3 ? 0.05 : 0);
	case PERIOD_8:
		return world->cv * n + 0.02 * sin(6.283185307179586 * t / 8);
	default:
		return world->cv * n;
	}
}

static void add_trial(struct results *results, const struct world *world, int arm, int block,
                      int repeat, double value)
{
	bool is_control = world->has_control && arm == world->nr_arms - 1;
	bool is_other = world->other_host > 0 && block % 2;
	char line[600];
	int n = snprintf(
	        line, sizeof(line),
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a%d\",\"workload\":\"w\",\"block\":%d,"
	        "\"repeat\":%d,\"seed\":1,\"baseline\":\"a0\",\"arm_order\":%d,\"boot_group\":%d,%s"
	        "\"host\":{\"name\":\"%s\"},\"primary\":\"f\",\"figures\":{\"f\":{\"value\":%.17g,\"unit\":\"1/s\","
	        "\"better\":\"higher\"}}}",
	        arm, block, repeat, arm,
	        world->is_native ? -1
	        : world->own_vm  ? arm
	                         : 0,
	        is_control ? "\"control_of\":\"a0\"," : "", is_other ? "other" : "one",
	        is_other ? value * world->other_host : value);

	assert_int_equal(results_read_line(results, line, (size_t)n, true), 0);
}

static void shuffle(struct dice *dice, int *order, int nr)
{
	for (int i = 0; i < nr; i++)
		order[i] = i;
	for (int i = nr - 1; i > 0; i--) {
		int j = (int)(roll(dice) * (i + 1)), kept = order[i];

		order[i] = order[j];
		order[j] = kept;
	}
}

/* What one VM start does to each arm, on the log scale. */
static void start_boot(const struct world *world, struct dice *dice, double *ret)
{
	double shared = world->boot_cv * normal(dice);

	if (world->noise == BIMODAL_BOOTS)
		shared += roll(dice) < 0.5 ? 0.1 : 0;
	for (int arm = 0; arm < world->nr_arms; arm++) {
		ret[arm] = world->own_vm ? world->boot_cv * normal(dice) : shared;
		if (arm && !(world->has_control && arm == world->nr_arms - 1))
			ret[arm] += world->arm_by_boot * normal(dice);
	}
}

static struct results *simulate(const struct world *world, struct dice *dice)
{
	struct results *results = results_new();
	int all = world->boots * world->rounds * world->nr_arms, order[ARMS_MAX], t = 0;
	int burst = (int)(roll(dice) * (all - all / 10.0));
	double boot[ARMS_MAX], ar = normal(dice);

	assert_non_null(results);
	for (int repeat = 0; repeat < world->boots * world->rounds; repeat++) {
		int block = repeat / world->rounds;

		if (repeat % world->rounds == 0)
			start_boot(world, dice, boot);
		shuffle(dice, order, world->nr_arms);
		for (int i = 0; i < world->nr_arms; i++, t++) {
			int arm = order[i];
			bool in_burst = world->noise == BURST && t >= burst && t < burst + all / 10;
			double effect = world->effect[arm] == 0 ? 1 : world->effect[arm];
			double value = log(1000 * effect) + boot[arm] +
			               noise_of(world, dice, t, all, &ar) * (in_burst ? 5 : 1);

			if (world->has_control && arm == world->nr_arms - 1)
				value += world->shift_of_control;
			if (world->noise == TIES)
				value = round(value * 100) / 100;
			add_trial(results, world, arm, block, repeat, exp(value));
		}
	}
	assert_int_equal(results_finish(results), 0);
	assert_int_equal(results_nr_skipped(results), 0);
	return results;
}

struct count {
	int sweeps, any_verdict, found, doubted, unjudged;
	int intervals, covered; /* of all arms; one that is refused covers nothing */
};

static bool is_resolved(const struct comparison *row)
{
	return row->verdict == VERDICT_BETTER || row->verdict == VERDICT_WORSE;
}

/* found: arm 1 has the verdict of its effect; any: an arm without an effect has one. */
static void judge_sweep(const struct world *world, struct dice *dice, struct count *count)
{
	CLEANUP(results_free) struct results *results = simulate(world, dice);
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	bool any = false;

	assert_int_equal(compare_make(results, NULL, &c, NULL), 0);
	assert_int_equal(c.nr, world->nr_arms);
	for (int i = 1; i < world->nr_arms; i++) {
		const struct comparison *row = &c.list[i];
		double effect = world->effect[i] == 0 ? 1 : world->effect[i];

		if (row->is_control)
			continue;
		any |= effect == 1 && is_resolved(row);
		count->intervals++;
		count->covered += row->ci[0] <= effect && effect <= row->ci[1];
		count->unjudged += row->needed > 0;
		/* p and interval come from one test */
		assert_true(isnan(row->p) || (row->p <= JUDGE_ALPHA) == verdict_excludes_one(row));
	}
	count->found += world->effect[1] != 0 &&
	                c.list[1].verdict ==
	                        (world->effect[1] > 1 ? VERDICT_BETTER : VERDICT_WORSE);
	count->any_verdict += any;
	count->doubted += verdict_control(&c, 0) != NULL;
	count->sweeps++;
}

static struct count simulate_many(const struct world *world, int sweeps)
{
	/* worlds that differ do not share their luck */
	struct dice dice = { .state = 20260102 + (uint64_t)world->noise * 1000003 +
		                      (uint64_t)(world->boots * 100 + world->rounds * 10 +
		                                 world->own_vm * 5 + world->nr_arms) *
		                              7919 +
		                      (uint64_t)(world->arm_by_boot * 1e6) };
	struct count count = { 0 };

	for (int i = 0; i < sweeps; i++)
		judge_sweep(world, &dice, &count);
	print_message(
	        "# %-14s %2d arms%s, %2d boots x %d%s, effect by boot %.1f %%, noise %.1f %%: false %4.1f %%, "
	        "found %5.1f %%, doubted %4.1f %%, covered %5.1f %%\n",
	        noise_names[world->noise], world->nr_arms,
	        world->is_native ? " natively"
	        : world->own_vm  ? " each with a VM"
	                         : "",
	        world->boots, world->rounds, world->has_control ? ", A/A" : "",
	        world->arm_by_boot * 100, world->cv * 100, 100.0 * count.any_verdict / sweeps,
	        100.0 * count.found / sweeps, 100.0 * count.doubted / sweeps,
	        100.0 * count.covered / count.intervals);
	return count;
}

/* 5 % and two standard errors of so many sweeps. */
static void assert_level(const struct count *count)
{
	double n = count->sweeps;

	assert_true(count->any_verdict <= 0.05 * n + 2 * sqrt(n * 0.05 * 0.95));
	assert_true(count->covered >= 0.93 * count->intervals);
}

/* Each world with some design; skewed noise is reported, for there the median of the ratios is not what is tested. */
static void no_difference_is_rarely_one(void **state)
{
	static const int boots[] = { 6, 8, 10 }, rounds[] = { 1, 2, 5 };
	static const double by_boot[] = { 0, 0.005, 0.02, 0.05 };

	(void)state;
	for (int noise = 0; noise < NR_NOISES; noise++) {
		const struct world world = {
			.noise = (enum noise)noise,
			.nr_arms = 2,
			.boots = boots[noise % 3],
			.rounds = rounds[noise / 3 % 3],
			.own_vm = noise % 4 == 3,
			.cv = 0.01,
			.boot_cv = 0.02,
			.arm_by_boot = by_boot[noise % 4],
		};
		struct count count = simulate_many(&world, SWEEPS);

		assert_int_equal(count.unjudged, 0);
		assert_level(&count);
	}
}

static void every_world_with_every_design(void **state)
{
	static const int boots[] = { 6, 8, 10 }, rounds[] = { 1, 2, 5 };
	static const double by_boot[] = { 0, 0.005, 0.02, 0.05 };

	(void)state;
	if (!getenv("CAMPAIGN"))
		return;
	for (int i = 0; i < NR_NOISES * 3 * 3 * 4 * 2; i++) {
		const struct world world = {
			.noise = (enum noise)(i % NR_NOISES),
			.nr_arms = 2,
			.boots = boots[i / NR_NOISES % 3],
			.rounds = rounds[i / NR_NOISES / 3 % 3],
			.arm_by_boot = by_boot[i / NR_NOISES / 9 % 4],
			.own_vm = i / NR_NOISES / 36,
			.cv = 0.01,
			.boot_cv = 0.02,
		};
		struct count count = simulate_many(&world, SWEEPS);

		/* of 864 designs some are unlucky: three standard errors */
		assert_true(count.any_verdict <= 0.05 * SWEEPS + 3 * sqrt(SWEEPS * 0.05 * 0.95));
		assert_true(count.covered >= 0.93 * count.intervals);
	}
}

/* Several arms at once, natively and in VMs, with a control that is doubted in 1 % of clean sweeps. */
static void many_arms_stay_at_the_level(void **state)
{
	static const struct world worlds[] = {
		{ .nr_arms = 7, .boots = 10, .rounds = 1, .has_control = true, .cv = 0.01 },
		{ .nr_arms = 6,
		  .boots = 8,
		  .rounds = 1,
		  .own_vm = true,
		  .cv = 0.02,
		  .boot_cv = 0.05 },
		{ .noise = AR9,
		  .nr_arms = 4,
		  .boots = 10,
		  .rounds = 1,
		  .is_native = true,
		  .has_control = true,
		  .cv = 0.01 },
		{ .noise = BURST,
		  .nr_arms = 3,
		  .boots = 10,
		  .rounds = 1,
		  .is_native = true,
		  .has_control = true,
		  .cv = 0.01 },
		{ .nr_arms = 3, .boots = 8, .rounds = 3, .cv = 0.01, .other_host = 0.5 },
		{ .nr_arms = 2,
		  .boots = 12,
		  .rounds = 1,
		  .own_vm = true,
		  .cv = 0.01,
		  .boot_cv = 0.02,
		  .other_host = 0.5 },
		{ .nr_arms = 3, .boots = 12, .rounds = 1, .cv = 0.3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct count count = simulate_many(&worlds[i], SWEEPS);

		assert_int_equal(count.unjudged, 0);
		assert_level(&count);
		assert_true(count.doubted <= 0.01 * SWEEPS + 3 * sqrt(SWEEPS * 0.01));
	}
}

static const struct world slower[] = {
	{ .nr_arms = 3,
	  .boots = 10,
	  .rounds = 1,
	  .has_control = true,
	  .effect = { 1, 1 / 1.05 },
	  .cv = 0.01,
	  .boot_cv = 0.02 },
	{ .noise = BURST,
	  .nr_arms = 3,
	  .boots = 10,
	  .rounds = 1,
	  .is_native = true,
	  .has_control = true,
	  .effect = { 1, 1 / 1.05 },
	  .cv = 0.005 },
	{ .nr_arms = 7,
	  .boots = 10,
	  .rounds = 1,
	  .has_control = true,
	  .effect = { 1, 1 / 1.05 },
	  .cv = 0.01 },
	{ .nr_arms = 2,
	  .boots = 6,
	  .rounds = 2,
	  .effect = { 1, 1.05 },
	  .cv = 0.01,
	  .arm_by_boot = 0.005 },
	{ .nr_arms = 2,
	  .boots = 10,
	  .rounds = 1,
	  .effect = { 1, 1.05 },
	  .cv = 0.01,
	  .arm_by_boot = 0.02 },
	{ .nr_arms = 3,
	  .boots = 12,
	  .rounds = 1,
	  .has_control = true,
	  .effect = { 1, 1 / 1.05 },
	  .cv = 0.01,
	  .other_host = 0.5 },
	{ .nr_arms = 3,
	  .boots = 10,
	  .rounds = 1,
	  .own_vm = true,
	  .has_control = true,
	  .effect = { 1, 1.05 },
	  .cv = 0.01,
	  .boot_cv = 0.01 },
	{ .nr_arms = 7,
	  .boots = 9,
	  .rounds = 1,
	  .own_vm = true,
	  .has_control = true,
	  .effect = { 1, 0.8 },
	  .cv = 0.02,
	  .boot_cv = 0.02 },
};

static void what_is_there_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slower); i++) {
		struct count count = simulate_many(&slower[i], SWEEPS);

		assert_true(count.found >= 0.95 * SWEEPS);
		assert_true(count.covered >= 0.93 * count.intervals);
	}
}

/* The control differs by 0.2 % in a quiet world: a difference of 0.1 % is no more than that, one of 50 % is. */
static void what_lies_beyond_the_control_stands(void **state)
{
	struct world world = { .nr_arms = 3,
		               .boots = 10,
		               .rounds = 1,
		               .has_control = true,
		               .effect = { 1, 1.001 },
		               .cv = 0.0002,
		               .shift_of_control = 0.002 };
	struct count small, large;

	(void)state;
	small = simulate_many(&world, 100);
	world.effect[1] = 0.5;
	large = simulate_many(&world, 100);
	assert_int_equal(small.doubted, 100);
	assert_int_equal(small.found, 0);
	assert_int_equal(large.doubted, 100);
	assert_int_equal(large.found, 100);
}

/* Two boots give no verdict, however many rounds they have and however large the difference is. */
static void too_few_boots_are_refused_with_the_number(void **state)
{
	static const struct {
		struct world world;
		const char *words;
	} cases[] = {
		{ { .nr_arms = 6, .boots = 2, .rounds = 25, .effect = { 1, 0.5 }, .cv = 0.01 },
		  "inconclusive: 2 boots; 8 are needed for 5 arms" },
		{ { .nr_arms = 2,
		    .boots = 5,
		    .rounds = 10,
		    .own_vm = true,
		    .effect = { 1, 0.5 },
		    .cv = 0.01 },
		  "inconclusive: 5 boots; 6 are needed" },
		{ { .nr_arms = 3,
		    .boots = 1,
		    .rounds = 6,
		    .is_native = true,
		    .effect = { 1, 0.5 },
		    .cv = 0.01 },
		  "inconclusive: 6 pairs; 7 are needed for 2 arms" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dice dice = { .state = 7 };
		CLEANUP(results_free) struct results *results = simulate(&cases[i].world, &dice);
		CLEANUP(comparisons_done) struct comparisons c = { 0 };
		char words[256];

		assert_int_equal(compare_make(results, NULL, &c, NULL), 0);
		verdict_words(&c.list[1], words, sizeof(words));
		assert_string_equal(words, cases[i].words);
	}
}

static void boots_needed_are_those_of_the_table(void **state)
{
	static const size_t needed[][2] = { { 1, 6 }, { 2, 7 },  { 3, 7 },   { 4, 8 },  { 6, 8 },
		                            { 7, 9 }, { 12, 9 }, { 13, 10 }, { 25, 10 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		assert_int_equal(judge_units_needed(needed[i][0]), needed[i][1]);
}

/*
 * Measured: cpu at 5 % more work, pinned, 300 ms a trial; somebody else's job passed in the last two rounds.  A native
 * round has no VM that it would share with the others of its block, so the block is no level of its own.
 */
static void native_rounds_stand_alone(void **state)
{
	static const double one[] = { 916.229, 922.889, 922.859, 919.759, 919.740,
		                      923.110, 923.163, 923.167, 869.763, 883.112 };
	static const double more[] = { 876.202, 849.525, 876.242, 879.785, 879.765,
		                       882.979, 879.812, 879.798, 906.326, 889.762 };
	const struct world world = { .nr_arms = 2, .is_native = true };
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };

	(void)state;
	assert_non_null(results);
	for (int i = 0; i < 10; i++) {
		add_trial(results, &world, 0, i / 5, i, one[i]);
		add_trial(results, &world, 1, i / 5, i, more[i]);
	}
	assert_int_equal(results_finish(results), 0);
	assert_int_equal(compare_make(results, NULL, &c, NULL), 0);
	assert_int_equal(c.list[1].units, 10);
	assert_int_equal(c.list[1].verdict, VERDICT_WORSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_difference_is_rarely_one),
		cmocka_unit_test(every_world_with_every_design),
		cmocka_unit_test(many_arms_stay_at_the_level),
		cmocka_unit_test(what_is_there_is_found),
		cmocka_unit_test(what_lies_beyond_the_control_stands),
		cmocka_unit_test(too_few_boots_are_refused_with_the_number),
		cmocka_unit_test(boots_needed_are_those_of_the_table),
		cmocka_unit_test(native_rounds_stand_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
