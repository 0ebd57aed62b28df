/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_predict.c - what a CPU quota will take from a plan's vCPUs, from cgroup trees as they were recorded. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "plan.h"
#include "predict.h"

static void put(const char *folder, const char *name, const char *text)
{
	char path[256];
	CLEANUP(file_close) FILE *out = NULL;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
}

static const struct {
	const char *max, *quota, *period; /* NULL: no such file */
	bool guest;
	int vcpus, vms, nr_fifo;
	const char *found, *enough, *file; /* what mends it; NULL: nothing needs to */
} cases[] = {
	{ NULL, NULL, NULL, true, 2, 1, 0, "no cgroup limits", NULL, NULL },
	{ "max 100000\n", NULL, NULL, true, 2, 1, 0, "no cgroup limits", NULL, NULL },
	{ NULL, "-1\n", "100000\n", true, 2, 1, 0, "no cgroup limits", NULL, NULL },
	{ "20000 100000\n", NULL, NULL, true, 1, 1, 0,
	  "cpu.max is 20000 of 100000 us, 0.2 CPUs; 1 busy vCPU needs 1: each is kept off its CPU 80 % of "
	  "the time",
	  "100000 100000", "cpu.max" },
	{ NULL, "50000\n", "50000\n", true, 2, 1, 0,
	  "cpu.cfs_quota_us is 50000 of 50000 us, 1 CPUs; ", "100000", "cpu.cfs_quota_us" },
	/* enough for them */
	{ "200000 100000\n", NULL, NULL, true, 2, 1, 0, "200000 of 100000 us, 2 CPUs", NULL, NULL },
	/* all VMs share it */
	{ "200000 100000\n", NULL, NULL, true, 2, 2, 0,
	  "4 busy vCPUs need 4: each is kept off its CPU 50 % of the time", "400000 100000",
	  "cpu.max" },
	{ "100000 100000\n", NULL, NULL, false, 2, 1, 0, "2 busy workers need 2", "200000 100000",
	  "cpu.max" },
	/* it holds no real-time thread */
	{ "100000 100000\n", NULL, NULL, true, 2, 1, 2, "100000 of 100000 us, 1 CPUs", NULL, NULL },
	{ "50000 100000\n", NULL, NULL, true, 2, 1, 1, "; 1 busy vCPU needs 1", "100000 100000",
	  "cpu.max" },
};

static void make_plan(size_t i, struct plan *plan)
{
	*plan = (struct plan){ .guest = cases[i].guest,
		               .vcpus = cases[i].vcpus,
		               .vms = cases[i].vms,
		               .nr_placements = cases[i].vcpus };
	for (int vcpu = 0; vcpu < cases[i].vcpus; vcpu++) {
		int class = vcpu < cases[i].nr_fifo ? SCHED_FIFO : SCHED_OTHER;

		plan->placement[vcpu] = (struct placement){ .role = ROLE_VCPU,
			                                    .index = vcpu,
			                                    .has_policy = true,
			                                    .policy = { .class = class } };
		plan->neighbour[vcpu] = plan->placement[vcpu];
	}
}

static void a_quota_says_what_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static const char *const names[] = { "cpu.max", "cpu.cfs_quota_us",
			                             "cpu.cfs_period_us" };
		const char *const texts[] = { cases[i].max, cases[i].quota, cases[i].period };
		CLEANUP(plan_free) struct plan *plan = malloc(sizeof(*plan));
		char folder[] = "/tmp/qlaunch-predict.XXXXXX", path[64], mend[200];
		struct prediction got;

		assert_non_null(plan);
		assert_non_null(mkdtemp(folder));
		make_plan(i, plan);
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			if (texts[k])
				put(folder, names[k], texts[k]);
		}
		predict_quota_of(folder, plan, &got);
		if (cases[i].enough)
			snprintf(mend, sizeof(mend), "as root: echo %s >%s/%s", cases[i].enough,
			         folder, cases[i].file);
		if (!strstr(got.found, cases[i].found) ||
		    strcmp(got.mend, cases[i].enough ? mend : "") ||
		    got.is_short != (cases[i].enough != NULL))
			fail_msg("case %zu: %s; %s", i, got.found, got.mend);
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			snprintf(path, sizeof(path), "%s/%s", folder, names[k]);
			(void)unlink(path);
		}
		assert_int_equal(rmdir(folder), 0);
	}
}

static void a_plan_that_is_refused_has_a_limit_yet(void **state)
{
	struct prediction got;

	(void)state;
	predict_quota_of("", NULL, &got);
	assert_string_equal(got.found, "no cgroup limits the CPU time");
	predict_steal(&got);
	assert_true(got.found[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quota_says_what_it_takes),
		cmocka_unit_test(a_plan_that_is_refused_has_a_limit_yet),
	};

	return cmocka_run_group_tests_name("predict", tests, NULL, NULL);
}
