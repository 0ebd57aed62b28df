/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chosen.c - what a reader asks first: how much, how slow at the tail, and what the host paid for it. */
#include "chosen.h"

#include <stdbool.h>
#include <string.h>

#include "err.h"

#define FIRST_AFTER_PRIMARY 4

static const char *const percentiles[] = { "_p50_ns", "_p95_ns", "_p99_ns" };
static const char *const others[] = {
	/* of several VMs (--vms): the lines' other figures are the first one's */
	"vms_total_*", "vms_worst_*", "vms_fairness", "vms_cpu_fairness", "cpu_event_p95_ns",
	"cpu_ns_per_op", "run_delay_ns_per_op", "context_switches_per_op", "migrations_per_op",
	"vm_exits_per_op", "vm_exits_per_io",
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

_Static_assert(FIRST_AFTER_PRIMARY + ARRAY_SIZE(percentiles) + ARRAY_SIZE(others) <= CHOSEN_MAX,
               "every place is shown");

/* "io_read_p95_ns" goes with the primary figure "io_read_iops". */
static int percentile_place(const char *primary, const char *name)
{
	size_t word = strcspn(primary, " "), stem = word;

	while (stem && primary[stem - 1] != '_')
		stem--;
	if (stem < 2 || strncmp(primary, name, stem - 1))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++) {
		if (!strcmp(name + stem - 1, percentiles[i]))
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
			return FIRST_AFTER_PRIMARY + (int)(ARRAY_SIZE(percentiles) + i);
	}
	return percentile_place(primary, name);
}
