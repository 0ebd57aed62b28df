/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chosen.c - what a reader asks first: how much, how slow at the tail, and what the host paid for it. */
#include "chosen.h"

#include <stdbool.h>
#include <string.h>

#include "err.h"

#define FIRST_AFTER_PRIMARY 4

/* the latencies that the loads themselves measure, all of them: a tail that is not shown is not seen */
static const char *const stems[] = { "io_read",   "io_write",  "wakeup",
	                             "lock_wait", "lock_hold", "cpu_event" };
static const char *const percentiles[] = { "_p50_ns",  "_p95_ns",   "_p99_ns",
	                                   "_p999_ns", "_p9999_ns", "_max_ns" };
static const char *const others[] = {
	/* of several VMs (--vms): the lines' other figures are the first one's */
	"vms_total_*", "vms_worst_*", "vms_fairness", "vms_cpu_fairness", "cpu_ns_per_op",
	"run_delay_ns_per_op", "context_switches_per_op", "migrations_per_op", "vm_exits_per_op",
	"vm_exits_per_io",
	/* polling for a wake-up burns cycles, so these are read together */
	"ipc", "ipc_guest", "ipc_host", "halt_poll_ns_per_op", "halt_poll_fail_ns_per_op"
};

/* Where qlaunch knows nothing of the work, as in run. */
static const char *const totals[] = { "cpu_time_s",
	                              "run_delay_s",
	                              "context_switches",
	                              "migrations",
	                              "vm_exits",
	                              "vm_exits_per_io",
	                              "ipc",
	                              "ipc_guest",
	                              "ipc_host",
	                              "halt_poll_s",
	                              "halt_poll_success_s",
	                              "halt_poll_fail_s",
	                              "halt_wait_s" };

#define LATENCIES (ARRAY_SIZE(stems) * ARRAY_SIZE(percentiles))

_Static_assert(FIRST_AFTER_PRIMARY + LATENCIES + ARRAY_SIZE(others) <= CHOSEN_MAX,
               "every place is shown");

static int latency_place(const char *name)
{
	for (size_t i = 0; i < LATENCIES; i++) {
		const char *stem = stems[i / ARRAY_SIZE(percentiles)];
		size_t len = strlen(stem);

		if (!strncmp(name, stem, len) &&
		    !strcmp(name + len, percentiles[i % ARRAY_SIZE(percentiles)]))
			return FIRST_AFTER_PRIMARY + (int)i;
	}
	return -1;
}

/* "x_*": any name that begins so. */
static bool is_meant(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return !strncmp(pattern, name, len - 1);
	return !strcmp(pattern, name);
}

static int total_place(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
		if (!strcmp(totals[i], name))
			return (int)i;
	}
	return -1;
}

int chosen_place(const char *primary, const char *name)
{
	size_t len = strlen(name);
	const char *word = primary;

	if (!*primary)
		return total_place(name);
	for (int place = 0; *word && place < FIRST_AFTER_PRIMARY; place++) {
		size_t size = strcspn(word, " ");

		if (size && size == len && !strncmp(word, name, len))
			return place;
		word += size + strspn(word + size, " ");
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (is_meant(others[i], name))
			return FIRST_AFTER_PRIMARY + (int)(LATENCIES + i);
	}
	return latency_place(name);
}
