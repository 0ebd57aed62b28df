/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.h - the file or disk that requests go to: how large, how aligned, direct or not.  Borrows its descriptor.
 */
#ifndef WORKLOADS_STORE_H
#define WORKLOADS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "disk_poll.h"
#include "err.h"
#include "job.h"

struct store {
	int fd; /* -1: none */
	bool direct, writable, sparse;
	uint64_t bytes;
	enum disk_poll poll;
	unsigned alignment; /* of offsets and lengths; 1 where the page cache stands between */
};

int store_inspect(int fd, struct store *ret, struct err *err) MUST_CHECK;
/* Can this job run here?  Explains why not. */
int store_check(const struct store *store, const struct job *job, struct err *err) MUST_CHECK;

#endif
