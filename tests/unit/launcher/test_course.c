/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_course.c - which steps of a design are run: shards, a time budget, cells that are known well enough. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "cleanup.h"
#include "course.h"
#include "golden.h"
#include "json.h"
#include "matrix.h"
#include "pace.h"
#include "rng.h"
#include "signed_rank.h"
#include "stats.h"
#include "stopping.h"
#include "text.h"
#include "topology.h"

static struct topology host;
static struct cmdline cmdline;
static struct matrix matrix;
static struct course course;

/* Into the two above, until the next call. */
static void lay(const char *line)
{
	static char words[256];
	struct err err = { 0 };

	course_done(&course);
	matrix_done(&matrix);
	cmdline_done(&cmdline);
	text_copy(words, sizeof(words), line);
	if (words_parse(words, &cmdline, &err) < 0 ||
	    matrix_make(&cmdline.spec, &cmdline.axes, &host, &matrix, &err) < 0 ||
	    course_make(&matrix, &course, &err) < 0)
		fail_msg("%s: %s", line, err.text);
}

static void test_find(void **state)
{
	(void)state;
	lay("sweep --control off --policy other,fifo --aio threads,native --repeat 7 --boots 3 --seed 5");
	for (int i = 0; i < course.nr; i++) {
		const struct step *step = &course.step[i];
		const struct arm *arm = &matrix.arm[step->arm];

		assert_int_equal(course_find(&course, arm->name, arm->spec.workload[step->workload],
		                             step->block, step->repeat),
		                 i);
	}
	assert_int_equal(course_find(&course, "nobody", "cpu", 0, 0), -1);
	assert_int_equal(course_find(&course, matrix.arm[0].name, "read", 0, 0), -1);
	assert_int_equal(course_find(&course, matrix.arm[0].name, "cpu", 1, 0), -1);
	assert_int_equal(course_find(&course, matrix.arm[0].name, "cpu", 0, 7), -1);
	assert_int_equal(course_find(&course, matrix.arm[0].name, "cpu", 0, -1), -1);
}

/* Each step is open in exactly one shard, and a block's steps in the same one. */
static void test_shards(void **state)
{
	int open[1000] = { 0 }, owner[7] = { 0 };
	struct err err = { 0 };

	(void)state;
	for (int i = 1; i <= 3; i++) {
		lay("sweep --control off --policy other,fifo --repeat 14 --boots 7 --seed 9");
		assert_int_equal(course_shard(&course, i, 3, &err), 0);
		for (int at = 0; at < course.nr; at++) {
			int block = course.step[at].block;

			if (course.state[at] != STEP_OPEN)
				continue;
			open[at]++;
			assert_true(!owner[block] || owner[block] == i);
			owner[block] = i;
		}
	}
	for (int at = 0; at < course.nr; at++)
		assert_int_equal(open[at], 1);
	assert_int_equal(course_shard(&course, 1, 8, &err), -EINVAL);
	assert_non_null(strstr(err.text, "this sweep has 7"));
}

/* Runs the course in simulated time; returns how long it took. */
static int64_t simulate(struct pace *pace, int64_t budget_ns, int64_t trial_ns, int64_t boot_ns)
{
	const struct step *before = NULL;
	int64_t now = 0;

	for (int i = 0; i < course.nr; i++) {
		const struct step *step = &course.step[i];

		pace_fit(pace, i, budget_ns - now);
		if (course.state[i] != STEP_OPEN)
			continue;
		if (!before || before->block != step->block || before->boot != step->boot) {
			now += boot_ns;
			pace_booted(pace, step, boot_ns);
		}
		now += trial_ns;
		pace_took(pace, step, trial_ns);
		course.state[i] = STEP_KEPT;
		before = step;
	}
	return now;
}

static const struct {
	const char *line;
	int64_t budget_s, trial_ms, boot_ms;
	int repeats; /* that every arm gets */
} budgets[] = {
	/* 2 arms of 2 s: 15 repeats of 4 s fit if nothing else takes time */
	{ "sweep --control off --policy other,fifo --workload cpu --duration 1s --warmup 1s --budget 60s",
	  60, 2000, 0, 15 },
	{ "sweep --control off --policy other,fifo --workload cpu --duration 1s --warmup 1s --budget 60s",
	  60, 2000, 4000, 7 },
	{ "sweep --control off --policy other,fifo --workload cpu --duration 1s --warmup 1s --budget 60s",
	  60, 3000, 0, 10 },
	/* a boot each: 2 arms x (2 + 5) s */
	{ "sweep --control off --aio threads,native --workload cpu --duration 1s --warmup 1s --budget 60s",
	  60, 2000, 5000, 4 },
	/* --repeat is the limit */
	{ "sweep --control off --policy other,fifo --workload cpu --budget 60s --repeat 4", 60, 10,
	  0, 4 },
	/* one repeat at least */
	{ "sweep --control off --policy other,fifo --workload cpu --budget 1s", 1, 7000, 0, 1 },
};

static void test_budget(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(budgets); i++) {
		CLEANUP(pace_free) struct pace *pace = NULL;
		int64_t budget = budgets[i].budget_s * NSEC_PER_SEC, took;
		int kept[2] = { 0 };
		struct err err = { 0 };

		lay(budgets[i].line);
		assert_int_equal(pace_make(&course, &pace, &err), 0);
		took = simulate(pace, budget, budgets[i].trial_ms * 1000000,
		                budgets[i].boot_ms * 1000000);
		for (int at = 0; at < course.nr; at++)
			kept[course.step[at].arm] += course.state[at] == STEP_KEPT;
		if (kept[0] != budgets[i].repeats || kept[1] != kept[0])
			fail_msg("%s: %d and %d instead of %d", budgets[i].line, kept[0], kept[1],
			         budgets[i].repeats);
		print_message("# %s: %d repeats in %.1f s\n", budgets[i].line, kept[0],
		              (double)took / NSEC_PER_SEC);
		if (kept[0] > 1)
			assert_true(took <= budget);
	}
}

/* Four VMs take longer to start than one: each boot group has its own time, once it has one. */
static void test_boot_groups(void **state)
{
	CLEANUP(pace_free) struct pace *pace = NULL;
	int64_t slow = 0, expected = 0;
	struct err err = { 0 };
	int first;

	(void)state;
	lay("sweep --control off --vms 1,4 --workload cpu --duration 1s --warmup 1s --repeat 8 --boots 4 --seed 3");
	assert_int_equal(pace_make(&course, &pace, &err), 0);
	first = course.step[0].boot;
	pace_booted(pace, &course.step[0], 2 * NSEC_PER_SEC);
	for (int i = 0, last = -1; i < course.nr; i++) {
		const struct step *step = &course.step[i],
		                  *before = last < 0 ? NULL : &course.step[last];
		bool boots = !before || before->block != step->block || before->boot != step->boot;

		if (step->boot != first && !slow++)
			pace_booted(pace, step, 9 * NSEC_PER_SEC);
		expected += 2 * NSEC_PER_SEC;
		expected += boots ? (step->boot == first ? 2 : 9) * NSEC_PER_SEC : 0;
		last = i;
	}
	assert_true(slow > 0);
	/* the VM that is up is not one that the first step needs */
	assert_int_equal(pace_left(pace, 0), expected);
}

static struct json_object *line_of(double value)
{
	struct json_object *line = json_object_new_object(), *figures = json_object_new_object(),
	                   *one = json_object_new_object();

	json_object_object_add(one, "value", json_object_new_double(value));
	json_object_object_add(figures, "cpu_events_per_s", one);
	json_object_object_add(line, "figures", figures);
	return line;
}

/* Feeds every open step a value; arm 1 is `noise` times as noisy. */
static void run_cells(struct stopping *stopping, struct rng *rng, double spread, double noise,
                      int *ret_kept, double values[][64])
{
	struct err err = { 0 };

	for (int i = 0; i < course.nr; i++) {
		CLEANUP(json_done) struct json_object *line = NULL;
		int arm = course.step[i].arm;
		double value = 0;

		if (course.state[i] != STEP_OPEN)
			continue;
		for (int j = 0; j < 12; j++) /* nearly normal */
			value += (double)rng_below(rng, 1000001) / 1000000 - .5;
		value = 100 + value * spread * (arm ? noise : 1);
		line = line_of(value);
		course.state[i] = STEP_KEPT;
		values[arm][ret_kept[arm]++] = value;
		assert_int_equal(stopping_take(stopping, i, line, &err), 0);
	}
}

static void test_until_ci(void **state)
{
	CLEANUP(stopping_free) struct stopping *stopping = NULL;
	int kept[2] = { 0 };
	double values[2][64];
	struct err err = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	lay("sweep --control off --where native --policy other,batch --workload cpu --until-ci 2% --seed 3");
	assert_int_equal(matrix.repeats, 30);
	assert_int_equal(stopping_looks(30), 4);
	assert_int_equal(stopping_first_look(&matrix), 8);
	assert_int_equal(stopping_make(&course, .02, 0, &stopping, &err), 0);
	run_cells(stopping, &rng, .1, 1, kept, values);
	assert_int_equal(kept[1], 8);
	assert_int_equal(kept[0], 8); /* the baseline ends with the last arm */
	assert_int_equal(course_count(&course, STEP_SPARED), 60 - kept[0] - kept[1]);
	stopping_free(&stopping);

	lay("sweep --control off --where native --policy other,batch --workload cpu --until-ci 2% --seed 3");
	assert_int_equal(stopping_make(&course, .02, 0, &stopping, &err), 0);
	memset(kept, 0, sizeof(kept));
	run_cells(stopping, &rng, .1, 500, kept, values);
	assert_int_equal(kept[1], 30); /* noisy to the end, and its partner stays */
	assert_int_equal(kept[0], 30);
}

/* A shard's units are its own: the other shards' are not there when it looks. */
static void test_until_ci_of_a_shard(void **state)
{
	CLEANUP(stopping_free) struct stopping *stopping = NULL;
	int kept[2] = { 0 };
	double values[2][64];
	struct err err = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	lay("sweep --control off --where native --policy other,batch --workload cpu --repeat 40 --boots 4 --seed 3");
	assert_int_equal(course_shard(&course, 2, 2, &err), 0);
	assert_int_equal(stopping_make(&course, .02, 0, &stopping, &err), 0);
	run_cells(stopping, &rng, .1, 1, kept, values);
	assert_int_equal(kept[1], 8);
	assert_int_equal(stopping_shard_units(&matrix, 2), 20);
	stopping_free(&stopping);

	lay("sweep --control off --policy other,batch --workload cpu --repeat 40 --boots 14 --seed 3");
	assert_int_equal(course_shard(&course, 2, 2, &err), 0);
	assert_int_equal(stopping_shard_units(&matrix, 2), 7);
	assert_int_equal(stopping_make(&course, .02, 0, &stopping, &err), -EINVAL);
	assert_non_null(
	        strstr(err.text, "looks at 8 boots (natively: rounds) first, and this run has 7"));
}

/* Many arms and many looks share the level: nothing ends before it can have a verdict. */
static void test_first_look(void **state)
{
	(void)state;
	lay("sweep --policy other,batch,idle --iodepth 1,2,4 --workload randread --until-ci 5%");
	assert_int_equal(stopping_looks(30), 4);
	assert_int_equal(stopping_first_look(&matrix), 12); /* 8 arms x 4 looks take 11 */
}

/* The unit is a boot where there is a VM: the fewest boots that are promised are those in which the tightest cell ends. */
static void test_least_boots(void **state)
{
	static const int designs[][2] = { { 8, 8 }, { 24, 12 }, { 12, 8 }, { 31, 9 }, { 60, 20 } };

	(void)state;
	lay("sweep --control off --policy other,batch --workload cpu --seed 3");
	for (size_t i = 0; i < ARRAY_SIZE(designs); i++) {
		CLEANUP(stopping_free) struct stopping *stopping = NULL;
		int kept[2] = { 0 }, last = 0;
		double values[2][64];
		struct rng rng;

		matrix.repeats = designs[i][0];
		matrix.boots = designs[i][1];
		course_done(&course);
		assert_int_equal(course_make(&matrix, &course, NULL), 0);
		assert_int_equal(stopping_make(&course, .5, 0, &stopping, NULL), 0);
		rng_seed(&rng, 1);
		run_cells(stopping, &rng, .001, 1, kept, values);
		for (int at = 0; at < course.nr; at++)
			last = course.state[at] == STEP_KEPT && course.step[at].arm
			               ? course.step[at].block
			               : last;
		assert_int_equal(stopping_least_boots(&matrix, 0), last + 1);
		assert_int_equal(last + 1, 8);
	}
}

/* Looking several times and stopping at the tight one: the intervals still hold with 95 %. */
static void test_coverage(void **state)
{
	int missed = 0, stopped = 0, cells = 1000;
	struct err err = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (int i = 0; i < cells; i++) {
		CLEANUP(stopping_free) struct stopping *stopping = NULL;
		int kept[2] = { 0 };
		double values[2][64], u[64], ends[2];

		lay("sweep --control off --where native --policy other,batch --workload cpu --until-ci 4% "
		    "--repeat 60");
		assert_int_equal(stopping_make(&course, .04, 0, &stopping, &err), 0);
		run_cells(stopping, &rng, 3, 1, kept, values);
		assert_int_equal(kept[0], kept[1]);
		for (int j = 0; j < kept[0]; j++)
			u[j] = log(values[1][j] / values[0][j]);
		stats_sort(u, (size_t)kept[0]);
		assert_true(
		        signed_rank_interval(u, (size_t)kept[0], .05 / stopping_looks(60), ends));
		stopped += kept[0] < 60;
		missed += ends[0] > 0 || ends[1] < 0;
	}
	if (missed > cells / 20 || stopped < cells / 2)
		fail_msg("%d of %d intervals miss the truth, %d stopped early", missed, cells,
		         stopped);
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	return topology_read("tests/data/sys-2cpu", &host, &err);
}

static int tear_down(void **state)
{
	(void)state;
	course_done(&course);
	matrix_done(&matrix);
	cmdline_done(&cmdline);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),        cmocka_unit_test(test_shards),
		cmocka_unit_test(test_budget),      cmocka_unit_test(test_boot_groups),
		cmocka_unit_test(test_until_ci),    cmocka_unit_test(test_until_ci_of_a_shard),
		cmocka_unit_test(test_least_boots), cmocka_unit_test(test_first_look),
		cmocka_unit_test(test_coverage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
