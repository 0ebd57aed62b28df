/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalog.c - the table of workloads; a new load is a line here and a file beside it. */
#include "catalog.h"

#include <string.h>

#include "err.h"

static const struct workload workloads[] = {
	{ "cpu",
	  "count primes below 20000 as sysbench does: what a vCPU's plain computing is worth",
	  "cpu_events_per_s", false },
	{ "randread", "random reads at a fixed queue depth: the cost of the block path per request",
	  "io_read_iops", true },
	{ "randwrite", "random writes at a fixed queue depth", "io_write_iops", true },
	{ "randrw", "random reads and writes mixed by --rwmix: how writes disturb reads",
	  "io_read_iops", true },
	{ "read", "sequential reads, each worker its own part of the scratch: bandwidth",
	  "io_read_iops", true },
	{ "write", "sequential writes, each worker its own part of the scratch: bandwidth",
	  "io_write_iops", true },
};

const struct workload *workload_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	}
	return NULL;
}

const struct workload *workload_at(int i)
{
	return i >= 0 && (size_t)i < ARRAY_SIZE(workloads) ? &workloads[i] : NULL;
}
