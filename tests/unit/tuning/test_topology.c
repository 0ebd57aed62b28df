/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_topology.c - recorded sysfs trees, and this host against sysconf and its own affinity. */
#include <errno.h>
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

#include "affinity.h"
#include "topology.h"

#define DATA "tests/data/"

/* About 150 KiB each: not on the stack. */
static struct topology host;

struct cpu_case {
	int cpu, node, package, core;
	const char *siblings;
};

static const struct {
	const char *root;
	int nr_nodes;
	const char *present, *online, *isolated, *nohz_full, *allowed;
	struct cpu_case cpu[4];
} trees[] = {
	{ DATA "sys-2cpu",
	  1,
	  "0-1",
	  "0-1",
	  "",
	  "",
	  "0-1",
	  { { 0, 0, 0, 0, "0" }, { 1, 0, 0, 1, "1" } } },
	{ DATA "sys-2x8-smt",
	  2,
	  "0-15",
	  "0-15",
	  "",
	  "",
	  "0-15",
	  { { 0, 0, 0, 0, "0,8" },
	    { 8, 0, 0, 0, "0,8" },
	    { 5, 1, 1, 1, "5,13" },
	    { 15, 1, 1, 3, "7,15" } } },
	{ DATA "sys-isolated",
	  1,
	  "0-7",
	  "0-7",
	  "2-7",
	  "2-7",
	  "0-7",
	  { { 0, 0, 0, 0, "0" }, { 7, 0, 0, 7, "7" } } },
	{ DATA "sys-offline",
	  0,
	  "0-3",
	  "0-1",
	  "",
	  "",
	  "0",
	  { { 1, -1, 0, 1, "1" }, { 2, -1, -1, -1, "2" }, { 100, -1, -1, -1, "" } } },
};

static void assert_set(const struct cpuset *set, const char *text)
{
	char got[256];

	cpuset_format(set, got, sizeof(got));
	assert_string_equal(got, text);
}

static void recorded_trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		struct err err = { 0 };

		if (topology_read(trees[i].root, &host, &err))
			fail_msg("%s: %s", trees[i].root, err.text);
		assert_int_equal(host.nr_nodes, trees[i].nr_nodes);
		assert_set(&host.present, trees[i].present);
		assert_set(&host.online, trees[i].online);
		assert_set(&host.isolated, trees[i].isolated);
		assert_set(&host.nohz_full, trees[i].nohz_full);
		assert_set(&host.allowed, trees[i].allowed);
		for (size_t j = 0; j < 4 && trees[i].cpu[j].siblings; j++) {
			const struct cpu_case *want = &trees[i].cpu[j];
			const struct topology_cpu *got = &host.cpu[want->cpu];

			assert_int_equal(got->node, want->node);
			assert_int_equal(got->package, want->package);
			assert_int_equal(got->core, want->core);
			assert_set(&got->siblings, want->siblings);
		}
	}
}

static void unusable_cpus_are_explained(void **state)
{
	static const struct {
		int cpu;
		const char *words;
	} cases[] = {
		{ 0, NULL },
		{ 1, "CPU 1 is outside this process's cpuset (0)" },
		{ 2, "CPU 2 is offline (online: 0-1)" },
		{ 3, "CPU 3 is offline (online: 0-1)" },
		{ 4, "CPU 4 does not exist (this host has 0-3)" },
		{ 5000, "CPU 5000 does not exist" },
		{ -1, "CPU -1 does not exist" },
	};

	(void)state;
	assert_int_equal(topology_read(DATA "sys-offline", &host, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		int rc = topology_check_cpu(&host, cases[i].cpu, &err);

		assert_int_equal(rc, cases[i].words ? -EINVAL : 0);
		if (cases[i].words && !strstr(err.text, cases[i].words))
			fail_msg("'%s', wanted '%s'", err.text, cases[i].words);
	}
}

static void this_host(void **state)
{
	struct cpuset mine;

	(void)state;
	assert_int_equal(topology_read("", &host, NULL), 0);
	assert_int_equal(cpuset_count(&host.online), sysconf(_SC_NPROCESSORS_ONLN));
	assert_int_equal(affinity_read(0, &mine, NULL), 0);
	assert_true(cpuset_is_equal(&host.affinity, &mine));
	assert_true(cpuset_is_subset(&host.affinity, &host.allowed));
	for (int cpu = cpuset_next(&host.allowed, -1); cpu >= 0;
	     cpu = cpuset_next(&host.allowed, cpu))
		assert_int_equal(topology_check_cpu(&host, cpu, NULL), 0);
}

/* A narrow affinity is where we start, not what we may use. */
static void own_affinity_counts(void **state)
{
	struct cpuset all, was, one = { 0 };

	(void)state;
	assert_int_equal(topology_read("", &host, NULL), 0);
	all = host.allowed;
	if (cpuset_count(&all) < 2)
		skip();
	was = host.affinity;
	cpuset_add(&one, cpuset_next(&all, -1));
	assert_int_equal(affinity_apply(getpid(), &one, NULL), 0);
	assert_int_equal(topology_read("", &host, NULL), 0);
	assert_int_equal(affinity_apply(getpid(), &was, NULL), 0);
	assert_true(cpuset_is_equal(&host.affinity, &one));
	assert_true(cpuset_is_equal(&host.allowed, &all));
	assert_int_equal(topology_check_cpu(&host, cpuset_next(&all, cpuset_next(&all, -1)), NULL),
	                 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Foreign bytes in place of a list, a whole tree missing: a sentence, and the result untouched. */
static void broken_trees(void **state)
{
	static const char *const levels[] = { "/sys", "/sys/devices", "/sys/devices/system",
		                              "/sys/devices/system/cpu" };
	char root[] = "/tmp/qlaunch-topology-XXXXXX", path[256];
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(root));
	host.nr_nodes = 77;
	assert_int_equal(topology_read(root, &host, &err), -ENOENT);
	assert_non_null(strstr(err.text, "online names no CPU"));
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		snprintf(path, sizeof(path), "%s%s", root, levels[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/online", root);
	write_file(path, "0-1,x\n");
	assert_int_equal(topology_read(root, &host, &err), -EINVAL);
	assert_non_null(strstr(err.text, "cpu/online: item 2 of '0-1,x': 'x' is no CPU"));
	write_file(path, "0-2000\n");
	assert_int_equal(topology_read(root, &host, &err), -ERANGE);
	assert_int_equal(host.nr_nodes, 77);
	/* the least that makes a host */
	write_file(path, "0");
	assert_int_equal(topology_read(root, &host, NULL), 0);
	assert_set(&host.present, "0");
	unlink(path);
	for (size_t i = ARRAY_SIZE(levels); i-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", root, levels[i]);
		rmdir(path);
	}
	rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_trees), cmocka_unit_test(unusable_cpus_are_explained),
		cmocka_unit_test(this_host),      cmocka_unit_test(own_affinity_counts),
		cmocka_unit_test(broken_trees),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
