/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_limit.c - limits for scripts, and files of several experiments in one report. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "compare.h"
#include "limit.h"
#include "report_room.h"
#include "results.h"
#include "verdict.h"

static const struct {
	const char *text;
	int rc;
	double number;
} texts[] = {
	{ "f worse 10%", 0, 0.1 },
	{ "wakeup_p99_ns worse 2.5%", 0, 0.025 },
	{ "f worse 0%", 0, 0 },
	{ "f worse 1000%", 0, 10 },
	{ "", -EINVAL, 0 },
	{ "f", -EINVAL, 0 },
	{ "f worse", -EINVAL, 0 },
	{ "f worse 10", -EINVAL, 0 },
	{ "f better 10%", -EINVAL, 0 },
	{ "f worse -1%", -EINVAL, 0 },
	{ "f worse 1e1%", -EINVAL, 0 },
	{ "f worse 1001%", -EINVAL, 0 },
	{ "f worse .5%", -EINVAL, 0 },
	{ "f worse 5.%", -EINVAL, 0 },
	{ " worse 5%", -EINVAL, 0 },
	{ "f worse 5% ", -EINVAL, 0 },
	{ "f worse nan%", -EINVAL, 0 },
	{ "f worse 5%%", -EINVAL, 0 },
	{ "f\nx worse 5%", -EINVAL, 0 },
	{ "wakeup_max_ns > 100us", 0, 100 },
	{ "f < 1.5k", 0, 1.5 },
	{ "f > 20", 0, 20 },
	{ "f >= 20", -EINVAL, 0 },
	{ "f > us", -EINVAL, 0 },
	{ "f > 20 us", -EINVAL, 0 },
	{ "f > -1", -EINVAL, 0 },
	{ "f > 1.2.3", -EINVAL, 0 },
	{ "f > 20years", -EINVAL, 0 },
};

static void limits_are_parsed_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct limit limit = { 0 };
		struct err err = { 0 };

		print_message("# '%s'\n", texts[i].text);
		assert_int_equal(limit_parse(texts[i].text, &limit, &err), texts[i].rc);
		if (texts[i].rc)
			assert_non_null(strstr(err.text, "is no limit: write FIGURE worse"));
		else
			assert_true(fabs(limit.number - texts[i].number) < 1e-12);
	}
}

/* A file of an arm and its baseline: each round differs by a per mille, the arm by its factor. */
struct wish {
	const char *name;
	int seed, rounds, from;
	double base, factor;
	const char *host;
};

static const char *planned = ""; /* of each line */
static bool other_boots;         /* each arm has VMs of its own; else they run natively */

static void write_trial(FILE *file, const struct wish *wish, int arm, int round)
{
	double value = wish->base * (arm ? wish->factor : 1) *
	               (1 + 0.001 * ((round * 7 + arm * 3) % 5));

	fprintf(file,
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"w\",\"block\":%d,"
	        "\"repeat\":%d,\"seed\":%d,\"started\":\"%s %d\",\"baseline\":\"base\",\"arm_order\":%d,"
	        "\"boot_group\":%d,%s\"host\":{\"name\":\"h\",\"cpu_model\":\"%s\",\"kernel\":\"%s\"},"
	        "\"primary\":\"lat_ns\",\"figures\":{"
	        "\"lat_ns\":{\"value\":%.17g,\"unit\":\"ns\",\"better\":\"lower\"},"
	        "\"ipc\":{\"value\":null,\"unit\":\"1\",\"better\":\"higher\",\"why\":\"no hardware "
	        "PMU\"},\"half\":{\"value\":%s,\"unit\":\"s\",\"better\":\"lower\",\"why\":\"no VM\"},"
	        "\"zero\":{\"value\":0,\"unit\":\"s\",\"better\":\"lower\"},"
	        "\"some\":{\"value\":%d,\"unit\":\"s\",\"better\":\"lower\"},"
	        "\"rare\":{\"value\":%d,\"unit\":\"s\",\"better\":\"lower\"},"
	        "\"n\":{\"value\":5,\"unit\":\"1\",\"better\":\"none\"}}}\n",
	        arm ? "arm" : "base", round, round, wish->seed, wish->name, round, arm,
	        other_boots ? arm : -1, planned, wish->host, wish->name, value, arm ? "7" : "null",
	        arm, arm && round == 2);
}

/* The path is the test's own folder's. */
static char *write_file(const struct wish *wish)
{
	char *path = NULL;
	FILE *file;

	assert_true(asprintf(&path, "%s/%s", getenv("LIMIT_FOLDER"), wish->name) > 0);
	file = fopen(path, "we");
	assert_non_null(file);
	for (int round = wish->from; round < wish->from + wish->rounds; round++) {
		for (int arm = 0; arm < 2; arm++)
			write_trial(file, wish, arm, round);
	}
	fclose(file);
	return path;
}

static const struct wish slow = { "slow.jsonl", 1, 8, 0, 1000, 1.12, "A" };

static const struct {
	const char *limit, *words;
	int rc;
} checks[] = {
	{ "lat_ns worse 10%", "fail-if: lat_ns of arm is worse than that of base: +1", -ERANGE },
	{ "lat_ns worse 15%", NULL, 0 },
	{ "lat_ns worse 0%", "the limit is 0 %", -ERANGE },
	{ "n worse 1%", "neither more nor less of n is better", -EINVAL },
	{ "lat worse 1%", "there is no figure lat in these results", -EINVAL },
	{ "nonsense", "is no limit", -EINVAL },
	{ "lat_ns > 1.1us",
	  "fail-if: lat_ns of arm is 1.12 us (median of the trials); the limit is 1.10 us",
	  -ERANGE },
	{ "lat_ns > 1.2us", NULL, 0 },
	{ "lat_ns < 1100ns", "fail-if: lat_ns of base is 1.00 us", -ERANGE },
	{ "lat_ns > 5k", "lat_ns is in ns, and 'k' is not a unit of that", -EINVAL },
	{ "ipc > 1", "ipc has no value in any arm", -ENODATA },
	/* what nobody measured would hold for ever */
	{ "ipc worse 1%",
	  "fail-if: ipc has no value in any arm, so the limit says nothing: no hardware PMU",
	  -ENODATA },
	{ "half worse 1%",
	  "fail-if: half has no value in an arm and in what it is compared with, so", -ENODATA },
};

static int report(const char *limit, char **paths, int nr, char **ret, struct err *err)
{
	const struct report_wish wish = { .format = REPORT_CSV,
		                          .fail_if = &limit,
		                          .nr_fail_ifs = 1 };

	return report_try(&wish, paths, nr, ret, err);
}

static void a_broken_limit_is_said_after_the_report(void **state)
{
	CLEANUP(str_free) char *path = write_file(&slow);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		CLEANUP(str_free) char *text = NULL;
		struct err err = { 0 };

		assert_int_equal(report(checks[i].limit, &path, 1, &text, &err), checks[i].rc);
		if (checks[i].words && !strstr(err.text, checks[i].words))
			fail_msg("'%s': '%s'", checks[i].limit, err.text);
		/* a refused limit writes nothing; a broken one is told after the report */
		assert_int_equal(text[0] != '\0', checks[i].rc != -EINVAL);
	}
}

static const struct {
	struct wish old, new;
	const char *has, *lacks; /* in the CSV */
	int rc;
} pairs[] = {
	/* a new kernel on the same machine: one session against one says nothing but the ratio */
	{ { "old.jsonl", 1, 8, 0, 1000, 1, "A" },
	  { "new.jsonl", 2, 8, 0, 1300, 1, "A" },
	  "one session on each side; the spread between sessions is not known",
	  "measured on unlike hosts",
	  -ENODATA },
	/* the same seed asked for twice is two experiments all the same */
	{ { "old.jsonl", 1, 8, 0, 1000, 1, "A" },
	  { "new.jsonl", 1, 8, 0, 1300, 1, "A" },
	  "base [old.jsonl]",
	  "measured on unlike hosts",
	  -ENODATA },
	{ { "old.jsonl", 1, 8, 0, 1000, 1, "A" },
	  { "new.jsonl", 2, 8, 0, 1300, 1, "B" },
	  "measured on unlike hosts",
	  "worse",
	  -ENODATA },
	/* the same file twice is no comparison, and no difference */
	{ { "old.jsonl", 1, 8, 0, 1000, 1, "A" },
	  { "old.jsonl", 1, 8, 0, 1000, 1, "A" },
	  "\nbase,w,lat_ns,ns,lower,yes,8,",
	  "worse",
	  0 },
	/* two shards of one experiment are one */
	{ { "old.jsonl", 1, 4, 0, 1000, 1, "A" },
	  { "new.jsonl", 1, 4, 4, 1000, 1, "A" },
	  "\narm,w,lat_ns,ns,lower,yes,8,",
	  "[",
	  0 },
};

static void files_of_other_experiments_are_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CLEANUP(str_free) char *old = write_file(&pairs[i].old);
		CLEANUP(str_free) char *new = write_file(&pairs[i].new);
		CLEANUP(str_free) char *text = NULL;
		char *paths[] = { old, new };
		struct err err = { 0 };
		int rc = report("lat_ns worse 20%", paths, 2, &text, &err);

		print_message("# pair %zu: %s\n", i, err.text);
		if (!strstr(text, pairs[i].has) || strstr(text, pairs[i].lacks))
			fail_msg("pair %zu:\n%s", i, text);
		assert_int_equal(rc, pairs[i].rc);
	}
}

/* A gate on one arm, which has nobody to be worse than. */
static void one_arm_is_no_comparison(void **state)
{
	CLEANUP(str_free) char *text = NULL;
	CLEANUP(str_free) char *path = write_file(&slow);
	struct err err = { 0 };
	FILE *file = fopen(path, "we");

	(void)state;
	assert_non_null(file);
	write_trial(file, &slow, 0, 0);
	fclose(file);
	assert_int_equal(report("lat_ns worse 10%", &path, 1, &text, &err), -ENODATA);
	assert_non_null(strstr(err.text, "one arm only, so the limit on lat_ns says nothing"));
	assert_true(text[0] != '\0');
}

/* Values on both sides, and nothing that can be said of them: a script must not take that for a pass. */
static void no_verdict_is_no_pass(void **state)
{
	static const struct {
		int rounds;
		const char *limit, *words;
	} cases[] = {
		{ 3, "lat_ns worse 10%",
		  "fail-if: lat_ns of arm against base has no verdict, so the limit says nothing: "
		  "3 pairs; 6 are needed (--repeat 6)" },
		{ 5, "lat_ns worse 50%", "5 pairs; 6 are needed (--repeat 6)" },
		{ 8, "some worse 10%", "the limit says nothing: the baseline's median is 0" },
		/* nothing on both sides is no worse */
		{ 8, "zero worse 10%", NULL },
		{ 3, "zero worse 10%", NULL },
		{ 8, "rare worse 10%", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct wish wish = { "slow.jsonl", 1, cases[i].rounds, 0, 1000, 10, "A" };
		CLEANUP(str_free) char *path = write_file(&wish);
		CLEANUP(str_free) char *text = NULL;
		struct err err = { 0 };
		int rc = report(cases[i].limit, &path, 1, &text, &err);

		assert_int_equal(rc, cases[i].words ? -ENODATA : 0);
		if (cases[i].words && !strstr(err.text, cases[i].words))
			fail_msg("%zu: %s", i, err.text);
		assert_non_null(strstr(text, "\narm,w,lat_ns,"));
	}
}

/* What to ask for is said where it would help, boots before trials. */
static void a_hint_is_one_that_helps(void **state)
{
	static const struct {
		const char *planned, *words; /* at the sentence's end */
		int rounds;
		bool other_boots;
	} cases[] = {
		{ "", "3 pairs; 6 are needed (--repeat 6)", 3, false },
		{ "", "3 boots; 6 are needed (--boots 6 --repeat 6)", 3, true },
		{ "\"design\":\"d\",\"planned\":{\"repeats\":3,\"boots\":3,\"trials\":6},",
		  "3 pairs; 6 are needed (--repeat 6)", 3, false },
		{ "\"design\":\"d\",\"planned\":{\"repeats\":8,\"boots\":3,\"trials\":16},",
		  "3 boots; 6 are needed (--boots 6)", 3, true },
		/* cut short, or failed: the next sweep need not be another one */
		{ "\"design\":\"d\",\"planned\":{\"repeats\":8,\"boots\":2,\"trials\":16},",
		  "3 pairs; 6 are needed", 3, false },
		{ "\"design\":\"d\",\"planned\":{\"repeats\":24,\"boots\":6,\"trials\":48},",
		  "3 boots; 6 are needed", 3, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct wish wish = { "slow.jsonl", 1, cases[i].rounds, 0, 1000, 10, "A" };
		CLEANUP(str_free) char *path = NULL, *text = NULL;
		struct err err = { 0 };
		const char *words = cases[i].words;

		planned = cases[i].planned;
		other_boots = cases[i].other_boots;
		path = write_file(&wish);
		planned = "";
		other_boots = false;
		assert_int_equal(report("lat_ns worse 10%", &path, 1, &text, &err), -ENODATA);
		if (strlen(err.text) < strlen(words) ||
		    strcmp(err.text + strlen(err.text) - strlen(words), words) != 0)
			fail_msg("%zu: %s", i, err.text);
	}
}

/* More of them would not help. */
static void unlike_hosts_have_no_hint(void **state)
{
	const struct wish wishes[] = { { "old.jsonl", 1, 3, 0, 1000, 1, "A" },
		                       { "new.jsonl", 2, 3, 0, 1000, 1, "B" } };
	CLEANUP(str_free) char *old = write_file(&wishes[0]);
	CLEANUP(str_free) char *new = write_file(&wishes[1]);
	CLEANUP(str_free) char *text = NULL;
	char *paths[] = { old, new };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(report("lat_ns worse 10%", paths, 2, &text, &err), -ENODATA);
	assert_non_null(strstr(err.text, "measured on unlike hosts"));
	assert_null(strstr(err.text, "--"));
}

/* Of io_read_iops the control differs, in a recorded file: a difference within it is no pass, one beyond it counts. */
static void drift_is_no_pass(void **state)
{
	char *path = (char *)"tests/data/results-verdicts.jsonl";
	CLEANUP(str_free) char *beyond = NULL, *within = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(report("io_read_iops worse 10%", &path, 1, &beyond, &err), -ERANGE);
	assert_non_null(strstr(err.text, "io_read_iops of guest policy=idle is worse"));
	assert_int_equal(report("io_read_iops worse 50%", &path, 1, &within, &err), 0);
}

/* Each arm of the new file is held against the old file's arm of that name. */
static void twins_are_each_others_baseline(void **state)
{
	CLEANUP(str_free) char *old = write_file(&pairs[0].old);
	CLEANUP(str_free) char *new = write_file(&pairs[0].new);
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons c = { 0 };
	int seen = 0;

	(void)state;
	assert_int_equal(results_read_file(results, old, NULL), 0);
	assert_int_equal(results_read_file(results, new, NULL), 0);
	assert_int_equal(results_finish(results), 0);
	assert_int_equal(compare_make(results, "base", &c, NULL), 0); /* the old one's */
	assert_string_equal(names_at(&results->arms, c.baseline), "base [old.jsonl]");
	comparisons_done(&c);
	assert_int_equal(compare_make(results, NULL, &c, NULL), 0);
	for (size_t i = 0; i < c.nr; i++) {
		const struct comparison *row = &c.list[i];

		if (!row->primary || strcmp(names_at(&results->arms, row->arm), "arm [new.jsonl]"))
			continue;
		assert_string_equal(names_at(&results->arms, row->base), "arm [old.jsonl]");
		assert_int_equal(row->verdict, VERDICT_UNRESOLVED);
		assert_true(row->by_session);
		assert_true(isnan(row->ci[0]));
		assert_true(fabs(row->ratio - 1.3) < 0.01);
		seen++;
	}
	assert_int_equal(seen, 1);
}

/* All arms that break a limit are named, and JUnit has a case for each arm and limit. */
static void all_that_is_broken_is_named(void **state)
{
	static const char *const limits[] = { "lat_ns worse 10%", "lat_ns > 900ns",
		                              "lat_ns > 2us" };
	const struct report_wish wish = { .format = REPORT_JUNIT,
		                          .fail_if = limits,
		                          .nr_fail_ifs = 3 };
	CLEANUP(str_free) char *path = write_file(&slow), *text = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(report_try(&wish, &path, 1, &text, &err), -ERANGE);
	assert_non_null(strstr(err.text, "lat_ns of arm is worse than that of base"));
	assert_non_null(strstr(err.text, "; lat_ns of base is 1.00 us"));
	assert_non_null(strstr(err.text, "; lat_ns of arm is 1.12 us"));
	assert_non_null(strstr(text, "tests=\"5\" failures=\"3\" errors=\"0\""));
	assert_non_null(
	        strstr(text, "name=\"arm: lat_ns worse 10%\"><failure message=\"lat_ns is worse"));
	assert_non_null(strstr(text, "name=\"arm: lat_ns > 2us\"></testcase>"));
}

static int make_folder(void **state)
{
	static char folder[] = "/tmp/test_limit.XXXXXX";

	(void)state;
	return mkdtemp(folder) ? setenv("LIMIT_FOLDER", folder, 1) : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "slow.jsonl", "old.jsonl", "new.jsonl" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", getenv("LIMIT_FOLDER"), names[i]);
		unlink(path);
	}
	return rmdir(getenv("LIMIT_FOLDER"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_parsed_whole),
		cmocka_unit_test(a_broken_limit_is_said_after_the_report),
		cmocka_unit_test(one_arm_is_no_comparison),
		cmocka_unit_test(no_verdict_is_no_pass),
		cmocka_unit_test(a_hint_is_one_that_helps),
		cmocka_unit_test(unlike_hosts_have_no_hint),
		cmocka_unit_test(drift_is_no_pass),
		cmocka_unit_test(files_of_other_experiments_are_compared),
		cmocka_unit_test(all_that_is_broken_is_named),
		cmocka_unit_test(twins_are_each_others_baseline),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
