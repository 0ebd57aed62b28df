/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_affinity.c - one thread's CPUs: set, read back, and each way in which the kernel gives less than was asked. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "affinity.h"
#include "cgroup.h"
#include "text.h"
#include "victim.h"

static pid_t victim;
static char group[4200]; /* a throw-away cpuset */
static struct cpuset all, low, high;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(affinity_read(0, &all, NULL), 0);
	low = high = (struct cpuset){ 0 };
	cpuset_add(&low, cpuset_next(&all, -1));
	if (cpuset_count(&all) > 1)
		cpuset_add(&high, cpuset_next(&all, cpuset_next(&all, -1)));
	victim = victim_start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	victim_end(&victim);
	if (group[0])
		rmdir(group);
	group[0] = '\0';
	return 0;
}

static void need_two_cpus(void)
{
	if (cpuset_count(&all) >= 2)
		return;
	print_message("# one CPU: nothing to choose\n");
	skip();
}

static void refused(const struct cpuset *want, int code, const char *words)
{
	struct err err = { 0 };
	int rc = affinity_apply(victim, want, &err);

	if (rc != -code || !strstr(err.text, words))
		fail_msg("rc %d '%s', wanted %d '%s'", rc, err.text, -code, words);
}

static void set_and_read_back(void **state)
{
	const struct cpuset *const sets[] = { &low, &all, &high, &all };
	struct cpuset got;
	cpu_set_t plain;

	(void)state;
	need_two_cpus();
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		assert_int_equal(affinity_apply(victim, sets[i], NULL), 0);
		assert_int_equal(affinity_read(victim, &got, NULL), 0);
		assert_true(cpuset_is_equal(&got, sets[i]));
		assert_int_equal(sched_getaffinity(victim, sizeof(plain), &plain), 0);
		for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
			assert_int_equal(!!CPU_ISSET((size_t)cpu, &plain),
			                 cpuset_has(sets[i], cpu));
	}
}

static void dangerous_numbers(void **state)
{
	struct cpuset now;
	struct err err;

	(void)state;
	for (pid_t tid = -2; tid <= 1; tid++) {
		assert_int_equal(affinity_apply(tid, &low, &err), -EINVAL);
		assert_non_null(strstr(err.text, "is no thread to pin"));
	}
	assert_int_equal(affinity_read(0, &now, NULL), 0);
	assert_true(cpuset_is_equal(&now, &all));
}

static void cpus_that_are_not_there(void **state)
{
	struct cpuset set = { 0 };
	char words[96];

	(void)state;
	refused(&set, EINVAL, "no CPU is left for it");
	cpuset_add(&set, 1023);
	refused(&set, EINVAL, "CPU 1023 is not online (online: ");
	/* the kernel takes this one, and silently leaves out what it has not */
	cpuset_add(&set, cpuset_next(&low, -1));
	snprintf(words, sizeof(words),
	         "asked for CPUs %d,1023, the kernel gave %d: CPU 1023 is not online",
	         cpuset_next(&low, -1), cpuset_next(&low, -1));
	refused(&set, EINVAL, words);
}

static void the_ended(void **state)
{
	pid_t was = victim;
	struct cpuset got;
	struct err err = { 0 };

	(void)state;
	victim_end(&victim);
	assert_int_equal(affinity_apply(was, &low, &err), -ESRCH);
	assert_non_null(strstr(err.text, "has ended"));
	assert_int_equal(affinity_read(was, &got, NULL), -ESRCH);
}

static bool write_group(const char *name, const char *text)
{
	char path[4300];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	file = fopen(path, "w");
	if (!file)
		return false;
	good = fputs(text, file) >= 0;
	return !fclose(file) && good;
}

/* A v1 cpuset with the first CPU alone, and the victim in it. */
static bool make_cpuset(void)
{
	char mount[4096], cpu[16], tid[16];

	if (geteuid() || cgroup_find(getpid(), "cpuset", mount, sizeof(mount)))
		return false;
	snprintf(group, sizeof(group), "%s/cpuset.mems", mount);
	if (access(group, F_OK)) {
		group[0] = '\0';
		return false;
	}
	snprintf(group, sizeof(group), "%s/qlaunch-test-%d", mount, getpid());
	if (mkdir(group, 0755)) {
		group[0] = '\0';
		return false;
	}
	snprintf(cpu, sizeof(cpu), "%d", cpuset_next(&low, -1));
	snprintf(tid, sizeof(tid), "%d", victim);
	return write_group("cpuset.mems", "0") && write_group("cpuset.cpus", cpu) &&
	       write_group("tasks", tid);
}

static void outside_the_cpuset(void **state)
{
	char words[4300];

	(void)state;
	need_two_cpus();
	if (!make_cpuset()) {
		print_message("# no v1 cpuset controller to write to\n");
		skip();
	}
	snprintf(words, sizeof(words), "CPU %d is outside its cpuset %s (%d)",
	         cpuset_next(&high, -1), group, cpuset_next(&low, -1));
	refused(&high, EINVAL, words);
	refused(&all, EINVAL, words);
	assert_int_equal(affinity_apply(victim, &low, NULL), 0);
}

/* Recorded files of other machines: version 1 alone, both, version 2 alone, a container that sees a part. */
static void cgroup_files(void **state)
{
	static const struct {
		const char *lines, *mounts;
		int version, rc;
		const char *path, *root, *mount;
	} cases[] = {
		{ "4:cpu,cpuacct:/a/b\n0::/x\n",
		  "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
		  "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n",
		  1, 0, "/a/b", "/", "/sys/fs/cgroup/cpu" },
		{ "5:cpuset:/c\n4:cpuacct:/a\n0::/user.slice\n",
		  "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
		  "40 31 0:38 /part /sys/fs/cgroup rw master:1 shared:2 - cgroup2 cgroup2 rw,nsdelegate\n",
		  2, 0, "/user.slice", "/part", "/sys/fs/cgroup" },
		{ "4:cpuacct:/a\n", "", 0, -ENOENT, NULL, NULL, NULL },
		{ "", "", 0, -ENOENT, NULL, NULL, NULL },
		{ "garbage\n:\n::\n", "", 2, 0, "", NULL, NULL },
		{ "0::/x\n", "short line\n - \n1 2 3 4 5 - cgroup2\n1 2 - cgroup2 a b\n", 2, 0,
		  "/x", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char lines[512], mounts[512], path[64], root[64], mount[64];
		int version = 0, rc;

		assert_int_equal(text_copy(lines, sizeof(lines), cases[i].lines), 0);
		assert_int_equal(text_copy(mounts, sizeof(mounts), cases[i].mounts), 0);
		rc = cgroup_parse_path(lines, "cpu", &version, path, sizeof(path));
		assert_int_equal(rc, cases[i].rc);
		if (rc)
			continue;
		assert_int_equal(version, cases[i].version);
		assert_string_equal(path, cases[i].path);
		rc = cgroup_parse_mount(mounts, "cpu", version, root, mount, sizeof(root));
		assert_int_equal(rc, cases[i].mount ? 0 : -ENOENT);
		if (rc)
			continue;
		assert_string_equal(root, cases[i].root);
		assert_string_equal(mount, cases[i].mount);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(set_and_read_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dangerous_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cpus_that_are_not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(outside_the_cpuset, set_up, tear_down),
		cmocka_unit_test(cgroup_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("affinity", tests, NULL, NULL);
}
