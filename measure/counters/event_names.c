/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_names.c - perf's generic names: hardware, software, cache. */
#include <linux/perf_event.h>
#include <stddef.h>
#include <string.h>

#include "events.h"

static const struct {
	const char *name;
	uint32_t type;
	uint64_t config;
} names[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES },
	{ "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	{ "branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS },
	{ "branch-instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS },
	{ "branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES },
	{ "bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES },
	{ "stalled-cycles-frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND },
	{ "idle-cycles-frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND },
	{ "stalled-cycles-backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND },
	{ "idle-cycles-backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND },
	{ "ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES },
	{ "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
	{ "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN },
	{ "major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ },
	{ "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS },
	{ "emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS },
	{ "cgroup-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CGROUP_SWITCHES },
	{ "bpf-output", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT },
	{ "dummy", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY },
};

struct word {
	const char *name;
	uint64_t value;
};

/* longer names stand before their beginnings */
static const struct word caches[] = {
	{ "L1-dcache", PERF_COUNT_HW_CACHE_L1D }, { "L1-icache", PERF_COUNT_HW_CACHE_L1I },
	{ "LLC", PERF_COUNT_HW_CACHE_LL },        { "L2", PERF_COUNT_HW_CACHE_LL },
	{ "dTLB", PERF_COUNT_HW_CACHE_DTLB },     { "iTLB", PERF_COUNT_HW_CACHE_ITLB },
	{ "branch", PERF_COUNT_HW_CACHE_BPU },    { "node", PERF_COUNT_HW_CACHE_NODE },
};
static const struct word operations[] = {
	{ "-loads", PERF_COUNT_HW_CACHE_OP_READ },
	{ "-load", PERF_COUNT_HW_CACHE_OP_READ },
	{ "-stores", PERF_COUNT_HW_CACHE_OP_WRITE },
	{ "-store", PERF_COUNT_HW_CACHE_OP_WRITE },
	{ "-prefetches", PERF_COUNT_HW_CACHE_OP_PREFETCH },
	{ "-prefetch", PERF_COUNT_HW_CACHE_OP_PREFETCH },
};
static const struct word results[] = {
	{ "-refs", PERF_COUNT_HW_CACHE_RESULT_ACCESS },
	{ "-misses", PERF_COUNT_HW_CACHE_RESULT_MISS },
	{ "-miss", PERF_COUNT_HW_CACHE_RESULT_MISS },
};

/* Takes the word that the text begins with. */
static bool take(const char **text, const struct word *list, size_t nr, uint64_t *ret)
{
	for (size_t i = 0; i < nr; i++) {
		size_t len = strlen(list[i].name);

		if (strncmp(*text, list[i].name, len))
			continue;
		*text += len;
		*ret = list[i].value;
		return true;
	}
	return false;
}

/* "LLC-load-misses", "L1-dcache-loads", "node-misses"; a cache's name alone is none of perf's. */
static bool find_cache(const char *text, struct event *ret)
{
	uint64_t cache, operation = PERF_COUNT_HW_CACHE_OP_READ,
	                result = PERF_COUNT_HW_CACHE_RESULT_ACCESS;
	bool any;

	if (!take(&text, caches, ARRAY_SIZE(caches), &cache))
		return false;
	any = take(&text, operations, ARRAY_SIZE(operations), &operation);
	any |= take(&text, results, ARRAY_SIZE(results), &result);
	if (!any || *text)
		return false;
	ret->type = PERF_TYPE_HW_CACHE;
	ret->config = cache | operation << 8 | result << 16;
	return true;
}

bool event_name_find(const char *name, struct event *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].name, name))
			continue;
		ret->type = names[i].type;
		ret->config = names[i].config;
		return true;
	}
	return find_cache(name, ret);
}

bool event_is_clock(const struct event *event)
{
	return event->type == PERF_TYPE_SOFTWARE && (event->config == PERF_COUNT_SW_TASK_CLOCK ||
	                                             event->config == PERF_COUNT_SW_CPU_CLOCK);
}

bool event_needs_kernel(const struct event *event)
{
	return event->type == PERF_TYPE_TRACEPOINT ||
	       (event->type == PERF_TYPE_SOFTWARE &&
	        (event->config == PERF_COUNT_SW_CONTEXT_SWITCHES ||
	         event->config == PERF_COUNT_SW_CPU_MIGRATIONS ||
	         event->config == PERF_COUNT_SW_CGROUP_SWITCHES));
}

bool event_is_software(const struct event *event)
{
	return event->type == PERF_TYPE_SOFTWARE || event->type == PERF_TYPE_TRACEPOINT;
}

const char *event_name_of_perf(const char *name)
{
	static const struct {
		const char *name, *here;
	} tools[] = {
		{ "duration_time", "here the window's length is window_s in each result line" },
		{ "user_time", "here the figure cpu_time_s has the threads' CPU time" },
		{ "system_time", "here the figure cpu_time_s has the threads' CPU time" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (!strcmp(tools[i].name, name))
			return tools[i].here;
	}
	return NULL;
}
