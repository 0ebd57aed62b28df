/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.stat of both versions of cgroups, of a cgroup and of one above it. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "err.h"
#include "json.h"
#include "quota.h"

static void both_versions_are_read(void **state)
{
	uint64_t ns = 0;

	(void)state;
	assert_true(quota_parse("nr_periods 10\nnr_throttled 4\nthrottled_time 123456789\n", &ns));
	assert_int_equal(ns, 123456789);
	assert_true(quota_parse("usage_usec 7\nuser_usec 3\nthrottled_usec 5000\n", &ns));
	assert_int_equal(ns, 5000000);
	/* version 2's root has no quota, and so no count */
	assert_false(quota_parse("usage_usec 7\nuser_usec 3\nsystem_usec 4\n", &ns));
	assert_false(quota_parse("nr_throttled_time 4\n", &ns));
}

static void put(const char *folder, const char *name, const char *text)
{
	char path[256];
	CLEANUP(file_close) FILE *out = NULL;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = { "cpu.stat", "cpu.max", "cpu.cfs_quota_us",
		                             "cpu.cfs_period_us" };
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void those_above_hold_too(void **state)
{
	char top[] = "/tmp/qlaunch-quota.XXXXXX", inner[64];
	struct quota quota;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(inner, sizeof(inner), "%s/vm", top);
	assert_int_equal(mkdir(inner, 0700), 0);
	put(inner, "cpu.stat", "throttled_usec 0\n");
	put(top, "cpu.stat", "throttled_usec 250000\n");
	put(top, "cpu.max", "50000 100000\n");
	quota_read(inner, &quota);
	assert_true(quota.is_kept);
	assert_int_equal(quota.throttled_ns, 250000000);
	assert_string_equal(quota.folder, top);
	assert_string_equal(quota.limit, "50000 of 100000 us");
	put(inner, "cpu.stat", "throttled_time 1000000\n");
	put(inner, "cpu.cfs_quota_us", "20000\n");
	put(inner, "cpu.cfs_period_us", "100000\n");
	quota_read(inner, &quota);
	assert_int_equal(quota.throttled_ns, 251000000);
	assert_string_equal(quota.limit, "20000 of 100000 us");
	remove_folder(inner);
	remove_folder(top);
}

/* the quota that leaves the fewest CPUs, wherever it stands */
static void the_smallest_quota_is_found(void **state)
{
	char top[] = "/tmp/qlaunch-quota.XXXXXX", inner[64];
	struct quota_limit limit;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(inner, sizeof(inner), "%s/vm", top);
	assert_int_equal(mkdir(inner, 0700), 0);
	quota_limit_read(inner, &limit);
	assert_true(limit.cpus == 0);
	put(inner, "cpu.max", "max 100000\n");
	put(top, "cpu.max", "150000 100000\n");
	quota_limit_read(inner, &limit);
	assert_float_equal(limit.cpus, 1.5, 1e-9);
	assert_string_equal(limit.folder, top);
	assert_string_equal(limit.file, "cpu.max");
	put(inner, "cpu.max", "10000 50000\n");
	quota_limit_read(inner, &limit);
	assert_float_equal(limit.cpus, 0.2, 1e-9);
	assert_string_equal(limit.folder, inner);
	remove_folder(inner);
	remove_folder(top);
}

static void a_count_that_is_not_kept_is_null(void **state)
{
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();
	const struct quota none = { 0 }, before = { .is_kept = true, .throttled_ns = 1000000000 };
	const struct quota after = { .is_kept = true, .throttled_ns = 1500000000 };

	(void)state;
	quota_figure(&none, &after, figures);
	assert_non_null(strstr(json_object_to_json_string(figures), "\"value\": null"));
	quota_figure(&after, &before, figures);
	assert_non_null(strstr(json_object_to_json_string(figures), "another cgroup"));
	quota_figure(&before, &after, figures);
	assert_non_null(strstr(json_object_to_json_string(figures), "\"value\": 0.5"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_versions_are_read),
		cmocka_unit_test(those_above_hold_too),
		cmocka_unit_test(the_smallest_quota_is_found),
		cmocka_unit_test(a_count_that_is_not_kept_is_null),
	};

	return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
