/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caches.h - how large the caches of one CPU are, by what the kernel says of them.
 */
#ifndef WORKLOADS_CACHES_H
#define WORKLOADS_CACHES_H

#include <stddef.h>
#include <stdint.h>

/* Of data, in bytes; 0: the kernel names none.  llc: the last level, be it L2, L3 or L4. */
struct caches {
	uint64_t l1, l2, llc;
};

/* Below root ("" is this machine): CPU 0's, as all loads begin there and machines of unlike cores are rare. */
void caches_read(const char *root, struct caches *ret);
/* "l1 48k, l2 2M, last 260M", or "unknown" */
void caches_format(const struct caches *caches, char *buf, size_t size);

#endif
