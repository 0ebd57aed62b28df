/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages.h - anonymous memory whose page size is asked for, and what the kernel gave.
 */
#ifndef WORKLOADS_PAGES_H
#define WORKLOADS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct pages {
	void *map; /* starts at a multiple of 2 MiB */
	size_t bytes, mapped;
	void *base;
};

/* huge: asks for huge pages where the kernel hands them out on request; else forbids them. */
int pages_map(size_t bytes, bool huge, struct pages *ret, struct err *err) MUST_CHECK;
/* How much of it is in huge pages by now, from /proc/self/smaps; 0 where that cannot be read. */
uint64_t pages_huge_bytes(const struct pages *pages);
void pages_unmap(struct pages *pages);

#endif
