/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk_poll.h - whether the disk behind a file or folder has queues that can be polled for completions.
 */
#ifndef WORKLOADS_DISK_POLL_H
#define WORKLOADS_DISK_POLL_H

#include <sys/stat.h>

/* By queue/io_poll of its sysfs folder. */
enum disk_poll { DISK_POLL_UNKNOWN, DISK_POLL_NO, DISK_POLL_YES };

/* Of a disk, or of what a file or folder lies on. */
enum disk_poll disk_poll_of(const struct stat *st);
/* Why iopoll cannot be had there; NULL: it can. */
const char *disk_poll_refusal(enum disk_poll poll);

#endif
