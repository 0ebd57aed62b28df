/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem.h - loads that each depend on the one before, through memory of four sizes in random order: latency of the
 * caches and of DRAM, with 4k pages and with huge ones (TLB misses, and nested paging behind them).
 *
 * Over sizes that one side decides (mem_sizes.h), so that host and guest do the same.
 */
#ifndef WORKLOADS_MEM_H
#define WORKLOADS_MEM_H

#include "load.h"

#include <stdint.h>

#include "rng.h"

extern const struct load load_mem;

/* One cache line of a chain; position tells where a walk should have come to. */
struct chase_node {
	_Alignas(64) struct chase_node *next;
	uint64_t position;
};

/* Makes one cycle of all nodes in random order and numbers them along it. */
int chase_link(struct chase_node *nodes, uint64_t nr, struct rng *rng, struct err *err) MUST_CHECK;
const struct chase_node *chase_walk(const struct chase_node *at, uint64_t steps);

#endif
