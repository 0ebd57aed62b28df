/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_sizes.h - over how much memory `mem` walks: inside each cache, and well beyond the last.
 *
 * One side decides: the host, whose caches they are also where a guest is told something else, and of the memory that
 * its smallest guest has; it hands the same sizes to every arm.  A qload that is told none decides for itself.
 */
#ifndef WORKLOADS_MEM_SIZES_H
#define WORKLOADS_MEM_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caches.h"
#include "err.h"

struct mem_sizes {
	uint64_t l1, l2;
	uint64_t llc;   /* 0: no cache is large enough beyond L2 */
	uint64_t dram;  /* with small pages, and as much again with huge ones */
	uint64_t cache; /* the last level that they were chosen for; 0: unknown */
};

/* room: bytes that all workers together may take. */
void mem_sizes_choose(const struct caches *caches, uint64_t room, int workers,
                      struct mem_sizes *ret);
/* For this machine. */
void mem_sizes_here(int workers, struct mem_sizes *ret);
/* "24k,512k,8M,1040M,260M": in the order of the struct; what qload is told. */
int mem_sizes_parse(const char *text, struct mem_sizes *ret, struct err *err) MUST_CHECK;
void mem_sizes_format(const struct mem_sizes *sizes, char *buf, size_t size);
/* What a worker takes, with what making the chains takes. */
uint64_t mem_sizes_bytes(const struct mem_sizes *sizes);
/* The memory of a machine that has room for the full size, where this one has not. */
uint64_t mem_sizes_wanted(const struct mem_sizes *sizes, int workers);
/* Of so much memory, the part that mem may take. */
uint64_t mem_sizes_room(uint64_t memory);
/* Whether next to nothing of the largest can lie in the cache: it is visited in a cycle, together with its twin. */
bool mem_sizes_leave_cache(const struct mem_sizes *sizes);

#endif
