/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuse_file.h - a file behind FUSE whose answers come when the test says: the truth about how long requests took.
 *
 * The server is a process of its own, and the mount lies in a mount namespace of ours, which goes with us.
 */
#ifndef TESTS_FUSE_FILE_H
#define TESTS_FUSE_FILE_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#define FUSE_FILE_BYTES    (1 << 20)
#define FUSE_FILE_READS    20000
#define FUSE_FILE_DELAY_NS 2000000 /* of a read that is not held */

/* Shared with the server; CLOCK_MONOTONIC, ns. */
struct fuse_file {
	_Atomic int64_t hold_from_ns, hold_until_ns; /* no read is answered between the two */
	_Atomic int nr_reads;                        /* all that came so far, in read[] */
	_Atomic int nr_answered;
	struct {
		int64_t came_ns;
		_Atomic int64_t answered_ns; /* 0: not yet */
	} read[FUSE_FILE_READS];
	int fd; /* ours: the file */
	pid_t pid;
};

/* NULL where this kernel or user has no FUSE: *why is the reason. */
struct fuse_file *fuse_file_open(const char **why);
/* The server ends, and with it every request that it still held. */
void fuse_file_close(struct fuse_file **file);

#endif
