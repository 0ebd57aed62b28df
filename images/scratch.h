/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scratch.h - the only place qlaunch's workloads write to: a file that it made, that has no name and is filled with
 * data.  Holes and unwritten extents would make reads a lie.
 */
#ifndef IMAGES_SCRATCH_H
#define IMAGES_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct scratch {
	int fd; /* read-write, without O_DIRECT; -1 */
	int direct_fd; /* the same inode opened O_DIRECT, -1 where the file system refuses it (why says so) */
	uint64_t bytes;
	bool direct;
	char why[160]; /* why not direct */
	char folder[4096];
};

/* O_TMPFILE in folder (else created, unlinked), filled with pseudo-random data and synced.  Refuses where free space
 * is short (numbers in the message).  progress (may be NULL) is called about every 50 ms with bytes done.
 * -EINTR on a signal (stop.h). */
int scratch_make(const char *folder, uint64_t bytes, void (*progress)(void *arg, uint64_t done),
                 void *arg, struct scratch *ret, struct err *err) MUST_CHECK;
/* Whether it would be direct, as far as the folder's file system tells (or that of the first folder above that is there);
 * makes nothing. */
bool scratch_looks_direct(const char *folder);
/* Reads the whole of it once through the page cache (for --direct off). */
int scratch_read_all(const struct scratch *scratch, struct err *err) MUST_CHECK;
void scratch_done(struct scratch *scratch);

#endif
