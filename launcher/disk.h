/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.h - what a user's disk file is, before QEMU sees it: a bounded read of its header, locks, permissions.
 */
#ifndef LAUNCHER_DISK_H
#define LAUNCHER_DISK_H

#include <stdbool.h>

#include "err.h"
#include "spec.h"

struct disk_info {
	int fd; /* open, read-write unless readonly; passed to QEMU */
	bool qcow2;
	bool block_device;
	bool has_backing, has_data_file;
	char backing[1024]; /* escaped for display */
};

/* One sentence for each of: missing, unreadable, a folder, no image (format=qcow2 on a raw file; raw text without a
 * boot signature or partition table is allowed only with format=raw), locked by another QEMU (F_OFD_GETLK on QEMU's
 * bytes), backing file without --backing allow. */
int disk_open(const struct disk *disk, bool allow_backing, struct disk_info *ret, struct err *err)
        MUST_CHECK;
void disk_info_done(struct disk_info *info);

#endif
