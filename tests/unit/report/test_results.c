/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_results.c - result lines, good, torn, foreign, huge and hostile: what is kept, and what is counted. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "results.h"

#define S "\"schema\":\"qlaunch.result/1\","

static struct results *read_one(const char *line, bool whole)
{
	struct results *results = results_new();

	assert_non_null(results);
	assert_int_equal(results_read_line(results, line, strlen(line), whole), 0);
	return results;
}

static void a_line_is_kept_as_numbers(void **state)
{
	static const char line[] =
	        "{" S "\"arm\":\"guest\",\"workload\":\"cpu\",\"block\":2,\"repeat\":3,\"seed\":7,"
	        "\"started\":\"x\",\"arm_order\":4,\"baseline\":\"native\",\"primary\":\"a b\","
	        "\"spec\":{\"where\":\"guest\",\"cache\":\"none\",\"direct\":\"on\"},"
	        "\"host\":{\"cpu_model\":\"a, b\"},\"vm\":{\"accel\":\"tcg\",\"qemu\":\"7.2\"},"
	        "\"figures\":{\"a\":{\"value\":1.5,\"unit\":\"ns\",\"better\":\"lower\","
	        "\"by\":{\"vcpu\":9}},\"b\":{\"value\":null,\"unit\":\"1\",\"why\":\"no \\u20ac\"}},"
	        "\"warnings\":[\"w\",\"w\",3],\"ended\":\"cut\",\"error\":null}";
	CLEANUP(results_free) struct results *r = read_one(line, true);

	(void)state;
	assert_int_equal(r->nr_trials, 1);
	assert_int_equal(r->nr_values, 2);
	assert_int_equal(r->trial[0].block, 2);
	assert_int_equal(r->trial[0].repeat, 3);
	assert_int_equal(r->trial[0].error, -1);
	assert_int_equal(r->trial[0].reads, SOURCE_DISK);
	assert_int_equal(r->arm_order[0], 4);
	assert_string_equal(r->baseline, "native");
	assert_string_equal(r->primary[0], "a b");
	assert_string_equal(names_at(&r->accels, 0), "tcg");
	assert_true(r->value[0].value == 1.5);
	assert_string_equal(r->figure[0].unit, "ns");
	assert_int_equal(r->figure[0].better, RESULT_LOWER);
	assert_true(isnan(r->value[1].value));
	assert_string_equal(names_at(&r->reasons, r->value[1].why), "no \xe2\x82\xac");
	assert_int_equal(r->nr_warned[0], 2);
	assert_int_equal(r->nr_cut, 1);
}

static void a_machine_is_kept_once(void **state)
{
	static const struct {
		const char *host;
		int nr; /* of hosts after it */
		bool good;
	} hosts[] = {
		{ "{\"k\":\"a b\",\"n\":{\"x\":[1,2]}}", 1, true },
		{ "{\"k\":\"a b\",\"n\":{\"x\":[1,2]}}", 1, true },
		{ "{ \"k\": \"a b\", \"n\": {\"x\": [1, 2]} }", 1,
		  true }, /* blanks are no difference */
		{ "{\"k\":\"a b\",\"n\":{\"x\":[1,2]}}}", 1, false },
		{ "{\"k\":\"a b\",\"n\":{\"x\":[1,2]}} 7", 1, false },
		{ "{\"k\":\"ab\",\"n\":{\"x\":[1,2]}}", 2, true },
		{ "{\"k\":\"a\\\" b\"}", 3, true },
		{ "null", 3, true },
		{ "{\"k\":\"a b\",\"n\":{\"x\":[1,02]}}", 3, false },
		{ "{\"k\":\"a b\",\"n\":{\"x\":[1,2,]}}", 3, false },
	};
	CLEANUP(results_free) struct results *r = results_new();
	size_t trials = 0;

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		char line[256];

		snprintf(line, sizeof(line), "{" S "\"arm\":\"a\",\"host\":%s,\"block\":1}",
		         hosts[i].host);
		print_message("# %s\n", line);
		assert_int_equal(results_read_line(r, line, strlen(line), true), 0);
		trials += hosts[i].good;
		assert_int_equal(r->nr_trials, trials);
		assert_int_equal(r->hosts.nr, hosts[i].nr);
	}
}

static void warnings_are_counted_by_kind(void **state)
{
	static const char line[] =
	        "{" S "\"arm\":\"a\",\"warnings\":[\"1.5 % off\",\"torn\",\"27.25 % off\"]}";
	CLEANUP(results_free) struct results *r = read_one(line, true);

	(void)state;
	assert_int_equal(r->warnings.nr, 2);
	assert_string_equal(names_at(&r->warnings, 0), "1.5 % off");
	assert_int_equal(r->nr_warned[0], 2);
	assert_int_equal(r->nr_warned[1], 1);
}

enum kind { GOOD, TORN, BROKEN, FOREIGN, VERSION, EMPTY };

static const struct {
	const char *line;
	enum kind kind;
} lines[] = {
	{ "{" S "\"arm\":\"a\"}", GOOD },
	{ "  {" S "\"arm\":\"a\"}\r", GOOD },
	{ "{" S "\"arm\":\"a\",\"figures\":{}}", GOOD },
	{ "{" S "\"arm\":\"a\",\"figures\":null,\"error\":\"refused\"}", GOOD },
	{ "{" S "\"arm\":\"a\",\"figures\":{\"f\":{\"value\":1}}}", GOOD },
	{ "{" S "\"arm\":\"a\",\"deep\":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}", GOOD },
	{ "", EMPTY },
	{ " \t\r", EMPTY },
	{ "{" S "\"arm\":\"a\",\"fig", TORN },
	{ "{" S "\"arm\":\"a\"", TORN },
	{ "text", BROKEN },
	{ "{" S "\"arm\":\"a\"}}", BROKEN },
	{ "{" S "\"arm\":\"a\"} x", BROKEN },
	{ "{" S "\"arm\":\"a\",}", BROKEN },
	{ "{" S "\"arm\":\"a\" \"b\":1}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"n\":01}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"n\":1.}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"n\":NaN}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"n\":\"\\x\"}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"n\":\"\x01\"}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"deep\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", BROKEN },
	{ "{" S "\"arm\":\"\"}", BROKEN },
	{ "{" S "\"arm\":7}", BROKEN },
	{ "{" S "\"arm\":\"a\\u0000b\"}", BROKEN },
	{ "{" S "\"arm\":\"\\ud800\"}", BROKEN },
	{ "{" S "\"arm\":\"\xff\"}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"other\":\"\xff\"}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"arm\":\"b\"}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"n\":1e999}", BROKEN },
	{ "{" S "\"workload\":\"cpu\"}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"block\":-1}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"block\":1.5}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"block\":\"1\"}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"error\":1}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"figures\":{\"f\":{\"value\":\"1\"}}}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"figures\":{\"f\":{\"value\":1e999}}}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"figures\":{\"f\":{\"value\":1},\"f\":{\"value\":2}}}", BROKEN },
	{ "{" S "\"arm\":\"a\",\"figures\":{\"f\":7}}", BROKEN },
	{ "{}", FOREIGN },
	{ "{\"schema\":\"other/1\",\"arm\":\"a\"}", FOREIGN },
	{ "{\"schema\":1,\"arm\":\"a\"}", FOREIGN },
	{ "{\"schema\":\"qlaunch.result/2\",\"arm\":\"a\"}", VERSION },
	{ "{\"schema\":\"qlaunch.result/11\",\"arm\":\"a\"}", VERSION },
};

static void every_line_is_kept_or_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(results_free)
		struct results *r = read_one(lines[i].line, lines[i].kind != TORN);
		enum kind kind = lines[i].kind;

		print_message("# %s\n", lines[i].line);
		assert_int_equal(r->nr_trials, kind == GOOD);
		assert_int_equal(r->skipped.torn, kind == TORN);
		assert_int_equal(r->skipped.broken, kind == BROKEN);
		assert_int_equal(r->skipped.foreign, kind == FOREIGN);
		assert_int_equal(r->skipped.version, kind == VERSION);
		assert_int_equal(results_nr_skipped(r), kind != GOOD && kind != EMPTY);
		if (kind != GOOD)
			assert_int_equal(r->nr_values, 0);
	}
}

static const struct {
	const char *spec;
	int reads, writes;
} sources[] = {
	{ "{\"where\":\"native\",\"direct\":\"on\"}", SOURCE_DISK, SOURCE_DISK },
	{ "{\"where\":\"native\",\"direct\":true}", SOURCE_DISK, SOURCE_DISK },
	{ "{\"where\":\"native\",\"direct\":false,\"cache\":\"none\"}", SOURCE_PAGE_CACHE,
	  SOURCE_PAGE_CACHE },
	{ "{\"where\":\"guest\",\"cache\":\"none\",\"direct\":\"on\"}", SOURCE_DISK, SOURCE_DISK },
	{ "{\"where\":\"guest\",\"cache\":\"directsync\",\"direct\":\"on\"}", SOURCE_DISK,
	  SOURCE_DISK },
	{ "{\"where\":\"guest\",\"cache\":\"writeback\",\"direct\":\"on\"}", SOURCE_PAGE_CACHE,
	  SOURCE_PAGE_CACHE },
	{ "{\"where\":\"guest\",\"cache\":\"unsafe\",\"direct\":\"on\"}", SOURCE_PAGE_CACHE,
	  SOURCE_PAGE_CACHE },
	{ "{\"where\":\"guest\",\"cache\":\"writethrough\",\"direct\":\"on\"}", SOURCE_PAGE_CACHE,
	  SOURCE_DISK },
	{ "{\"where\":\"guest\",\"cache\":\"none\",\"direct\":\"off\"}", SOURCE_PAGE_CACHE,
	  SOURCE_PAGE_CACHE },
	{ "{\"where\":\"guest\",\"direct\":\"on\"}", SOURCE_UNKNOWN, SOURCE_UNKNOWN },
	{ "{\"where\":\"guest\",\"cache\":\"none\"}", SOURCE_UNKNOWN, SOURCE_UNKNOWN },
	{ "{}", SOURCE_UNKNOWN, SOURCE_UNKNOWN },
	{ "7", SOURCE_UNKNOWN, SOURCE_UNKNOWN },
};

static void the_spec_says_where_io_came_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		CLEANUP(results_free) struct results *r = NULL;
		char line[256];

		snprintf(line, sizeof(line), "{" S "\"arm\":\"a\",\"spec\":%s}", sources[i].spec);
		r = read_one(line, true);
		assert_int_equal(r->trial[0].reads, sources[i].reads);
		assert_int_equal(r->trial[0].writes, sources[i].writes);
	}
}

static void another_unit_is_no_value(void **state)
{
	static const char ns[] = "{" S
	                         "\"arm\":\"a\",\"figures\":{\"f\":{\"value\":1,\"unit\":\"ns\"}}}";
	static const char us[] = "{" S
	                         "\"arm\":\"a\",\"figures\":{\"f\":{\"value\":1,\"unit\":\"us\"}}}";
	CLEANUP(results_free) struct results *r = read_one(ns, true);

	(void)state;
	assert_int_equal(results_read_line(r, us, strlen(us), true), 0);
	assert_true(isnan(r->value[1].value));
	assert_string_equal(names_at(&r->reasons, r->value[1].why),
	                    "recorded in another unit than before");
}

static void the_same_trial_twice_counts_once(void **state)
{
	static const char line[] = "{" S "\"arm\":\"a\",\"block\":1,\"started\":\"t\"}";
	static const char later[] = "{" S "\"arm\":\"a\",\"block\":1,\"started\":\"u\"}";
	CLEANUP(results_free) struct results *r = read_one(line, true);

	(void)state;
	assert_int_equal(results_read_line(r, later, strlen(later), true), 0);
	assert_int_equal(results_read_line(r, line, strlen(line), true), 0);
	assert_int_equal(results_finish(r), 0);
	assert_int_equal(r->skipped.duplicates, 1);
	assert_false(r->trial[0].duplicate);
	assert_true(r->trial[2].duplicate);
}

/* A sweep is counted once, whatever number of lines, shards and files it has; a line that does not say adds nothing. */
static void what_was_planned_is_known(void **state)
{
	static const struct {
		const char *line;
		unsigned long planned;
	} sweeps[] = {
		{ "\"seed\":1,\"design\":\"x\",\"planned\":{\"repeats\":2,\"trials\":24}", 24 },
		{ "\"seed\":1,\"design\":\"x\",\"planned\":{\"trials\":24}", 24 },
		{ "\"seed\":2,\"design\":\"x\",\"planned\":{\"trials\":24}", 48 },
		{ "\"seed\":2,\"design\":\"y\",\"planned\":{\"trials\":2}", 50 },
		{ "\"seed\":3,\"design\":\"x\",\"planned\":{\"trials\":-1}", 50 },
		{ "\"seed\":3,\"design\":\"x\",\"planned\":{\"trials\":\"5\"}", 50 },
		{ "\"seed\":3,\"design\":\"x\",\"planned\":[24]", 50 },
		{ "\"seed\":3,\"planned\":{\"trials\":24}", 50 },
		{ "\"seed\":3", 50 },
	};
	CLEANUP(results_free) struct results *r = results_new();

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < ARRAY_SIZE(sweeps); i++) {
		char line[300];
		int n = snprintf(line, sizeof(line), "{" S "\"arm\":\"a\",\"figures\":{},%s}",
		                 sweeps[i].line);

		assert_int_equal(results_read_line(r, line, (size_t)n, true), 0);
		assert_int_equal(r->nr_planned, sweeps[i].planned);
	}
	assert_int_equal(r->nr_trials, ARRAY_SIZE(sweeps));
}

static void names_are_bounded(void **state)
{
	CLEANUP(results_free) struct results *r = results_new();
	char line[128];

	(void)state;
	assert_non_null(r);
	for (int i = 0; i < RESULTS_ARMS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "{" S "\"arm\":\"a%d\"}", i);
		assert_int_equal(results_read_line(r, line, strlen(line), true), 0);
	}
	assert_int_equal(r->arms.nr, RESULTS_ARMS_MAX);
	assert_int_equal(r->skipped.over, 10);
	assert_int_equal(r->nr_trials, RESULTS_ARMS_MAX);
}

static void reasons_share_a_number_past_the_limit(void **state)
{
	CLEANUP(results_free) struct results *r = results_new();
	char line[128];

	(void)state;
	assert_non_null(r);
	for (int i = 0; i < RESULTS_REASONS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "{" S "\"arm\":\"a\",\"error\":\"e%d\"}", i);
		assert_int_equal(results_read_line(r, line, strlen(line), true), 0);
	}
	assert_int_equal(r->nr_trials, RESULTS_REASONS_MAX + 10);
	assert_int_equal(r->reasons.nr, RESULTS_REASONS_MAX);
	assert_string_equal(names_at(&r->reasons, r->trial[r->nr_trials - 1].error),
	                    "another reason");
}

/* A good line, one of `len` bytes in all, and a good one without its newline. */
static void write_file(char *path, size_t len)
{
	static const char good[] = "{" S "\"arm\":\"a\"}";
	CLEANUP(file_close) FILE *file = fdopen(mkstemp(path), "w");

	assert_non_null(file);
	fprintf(file, "%s\n{" S "\"arm\":\"b\",\"x\":\"", good);
	for (size_t i = strlen("{" S "\"arm\":\"b\",\"x\":\"") + 2; i < len; i++)
		fputc('x', file);
	fprintf(file, "\"}\n%s", good);
}

static void a_huge_line_is_passed_by(void **state)
{
	static const struct {
		size_t len;
		bool kept;
	} cases[] = { { 100, true },
		      { RESULTS_LINE_MAX - 300 * 1024, true },
		      { RESULTS_LINE_MAX, true },
		      { RESULTS_LINE_MAX + 512 * 1024, false },
		      { 3 * RESULTS_LINE_MAX, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(results_free) struct results *r = results_new();
		char path[] = "/tmp/test_results.XXXXXX";
		struct err err = { 0 };

		assert_non_null(r);
		write_file(path, cases[i].len);
		assert_int_equal(results_read_file(r, path, &err), 0);
		unlink(path);
		assert_int_equal(r->nr_trials, cases[i].kept ? 3 : 2);
		assert_int_equal(r->skipped.too_long, !cases[i].kept);
		assert_int_equal(results_nr_skipped(r), !cases[i].kept);
	}
}

static void files_that_cannot_be_read_say_so(void **state)
{
	CLEANUP(results_free) struct results *r = results_new();
	struct err err = { 0 };

	(void)state;
	assert_non_null(r);
	assert_int_equal(results_read_file(r, "/nonexistent/x.jsonl", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/x.jsonl: No such file"));
	assert_int_equal(results_read_file(r, "/", &err), -EISDIR);
	assert_int_equal(results_read_file(r, "/dev/null", &err), 0);
	assert_int_equal(r->nr_trials, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_kept_as_numbers),
		cmocka_unit_test(a_machine_is_kept_once),
		cmocka_unit_test(warnings_are_counted_by_kind),
		cmocka_unit_test(every_line_is_kept_or_counted),
		cmocka_unit_test(the_spec_says_where_io_came_from),
		cmocka_unit_test(another_unit_is_no_value),
		cmocka_unit_test(the_same_trial_twice_counts_once),
		cmocka_unit_test(what_was_planned_is_known),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(reasons_share_a_number_past_the_limit),
		cmocka_unit_test(a_huge_line_is_passed_by),
		cmocka_unit_test(files_that_cannot_be_read_say_so),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
