/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_counters_why.c - why there is no counter, in words, for each that may stand in the way. */
#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "counters_parts.h"
#include "counters_right.h"

#define STATUS(caps, seccomp) "Name:\tx\nCapInh:\t0\nCapPrm:\t" caps "\nSeccomp:\t" seccomp "\n"
#define NOTHING               STATUS("0000000000000000", "0")
#define PERFMON               STATUS("0000004000000000", "0")
#define FILTERED              STATUS("0000000000000000", "2")
#define BOTH                  STATUS("0000004000200000", "0")

static const struct {
	const char *status, *level;
	bool closed;
	int why;
	enum counters_scope scope;
	const char *said;
} refusals[] = {
	{ NOTHING, "2", false, EACCES, COUNTERS_OF_KERNEL,
	  "not allowed (EACCES): needs CAP_PERFMON, or kernel.perf_event_paranoid at most 1 (now 2)" },
	{ NOTHING, "1", false, EACCES, COUNTERS_OF_CPUS,
	  "CAP_PERFMON, or kernel.perf_event_paranoid at most 0" },
	/* Debian's default: nothing is opened, not even of oneself, and PERFMON does not help */
	{ NOTHING, "3", false, EACCES, COUNTERS_OF_USER, "needs CAP_SYS_ADMIN " },
	{ NOTHING, "3", false, EACCES, COUNTERS_OF_USER, "at most 2 (now 3)" },
	{ PERFMON, "3", false, EACCES, COUNTERS_OF_KERNEL, "needs CAP_SYS_ADMIN " },
	{ PERFMON, "4", false, EACCES, COUNTERS_OF_KERNEL, "at most 1 (now 4)" },
	/* whoever holds the right is not told to get it */
	{ PERFMON, "2", false, EPERM, COUNTERS_OF_KERNEL,
	  "refused (EPERM) in spite of CAP_PERFMON" },
	{ BOTH, "3", false, EPERM, COUNTERS_OF_KERNEL,
	  "refused (EPERM) in spite of CAP_SYS_ADMIN" },
	/* a filter that lets the call pass has no part in the kernel's answer */
	{ FILTERED, "2", false, EACCES, COUNTERS_OF_KERNEL,
	  "needs CAP_PERFMON, or kernel.perf_event_paranoid" },
	{ FILTERED, "3", false, EACCES, COUNTERS_OF_KERNEL, "needs CAP_SYS_ADMIN" },
	{ FILTERED, "2", true, EPERM, COUNTERS_OF_CPUS, "refused (EPERM): a seccomp filter" },
	{ FILTERED, "2", true, EACCES, COUNTERS_OF_CPUS, "refused (EACCES): a seccomp filter" },
	{ STATUS("0", "1"), "2", true, ENOSYS, COUNTERS_OF_CPUS,
	  "refused (ENOSYS): a seccomp filter" },
	{ BOTH, "2", true, EPERM, COUNTERS_OF_CPUS, "(EPERM) whatever is asked: a container" },
	{ BOTH, "2", true, ENOSYS, COUNTERS_OF_CPUS, "(ENOSYS) whatever is asked: a container" },
	{ FILTERED, "", true, ENOSYS, COUNTERS_OF_CPUS, "this kernel has no perf_event_open" },
	{ "", "", false, EACCES, COUNTERS_OF_KERNEL, "needs CAP_PERFMON" },
};

static void refusals_name_what_helps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		char text[256];

		counters_refusal_of(refusals[i].status, refusals[i].level, refusals[i].closed,
		                    refusals[i].why, refusals[i].scope, text, sizeof(text));
		if (!strstr(text, refusals[i].said))
			fail_msg("'%s' is not in '%s'", refusals[i].said, text);
	}
}

static const struct {
	struct event event;
	const char *said;
} absences[] = {
	{ { .type = PERF_TYPE_HARDWARE }, "no hardware PMU (EINVAL)" },
	{ { .type = PERF_TYPE_HW_CACHE, .no_host = true }, "no hardware PMU (EINVAL)" },
	{ { .type = PERF_TYPE_RAW, .no_user = true }, "no hardware PMU (EINVAL)" },
	/* a device of its own, such as msr: it is there, whatever the CPU has */
	{ { .type = 9 }, "this PMU has no such event (EINVAL)" },
	{ { .type = 9, .no_kernel = true }, "cannot tell user mode from the kernel" },
	{ { .type = 9, .no_host = true }, "cannot tell guest from host" },
	{ { .type = PERF_TYPE_SOFTWARE }, "no such event" },
};

static void only_the_cpus_events_lack_its_pmu(void **state)
{
	const struct counters counters = { .no_pmu = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absences); i++) {
		char text[256];

		counters_explain(&counters, &absences[i].event, EINVAL, text, sizeof(text));
		if (!strstr(text, absences[i].said))
			fail_msg("'%s' is not in '%s'", absences[i].said, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_name_what_helps),
		cmocka_unit_test(only_the_cpus_events_lack_its_pmu),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
