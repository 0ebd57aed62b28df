/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem_fit.c - finds the narrowest arm.  Pure, but for what it asks about this machine. */
#include "mem_fit.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "matrix.h"
#include "mem_sizes.h"
#include "plan.h"
#include "plans.h"
#include "spec.h"

/* Of an emulated guest: making the chains of more takes tens of seconds. */
#define TCG_ROOM ((uint64_t)640 << 20)

static bool runs_mem(const struct spec *spec)
{
	for (int i = 0; i < spec->nr_workloads; i++) {
		if (!strcmp(spec->workload[i], "mem"))
			return true;
	}
	return false;
}

/* Of an arm's one VM; natively of the host. */
static uint64_t memory_of(const struct spec *spec, uint64_t host)
{
	uint64_t share = spec->vms > 1 ? host / (uint64_t)spec->vms : host;

	return spec->where == WHERE_GUEST && spec->memory_bytes < share ? spec->memory_bytes
	                                                                : share;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void mem_fit(const struct matrix *matrix, const struct plans *plans, struct mem_sizes *ret)
{
	const uint64_t host = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	/* less of a host that is full already */
	uint64_t room = host_memory_available() / 4 * 3;
	struct caches caches;
	int workers = 0;

	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct spec *spec = &matrix->arm[i].spec;
		const struct plan *plan = plans->plan[i];

		if (!plan || !runs_mem(spec))
			continue;
		if (plan->vcpus > workers)
			workers = plan->vcpus;
		room = least(room, mem_sizes_room(memory_of(spec, host)));
		if (plan->guest && !plan->kvm)
			room = least(room, TCG_ROOM);
	}
	if (!workers)
		return;
	caches_read("", &caches);
	mem_sizes_choose(&caches, room, workers, ret);
}
