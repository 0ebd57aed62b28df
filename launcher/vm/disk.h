/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.h - what a user's disk is, before QEMU sees it: opened, its header read within bounds, its locks looked at.
 *
 * Changes nothing on it and takes no lock: QEMU takes its own on the fd that it is passed.
 */
#ifndef LAUNCHER_DISK_H
#define LAUNCHER_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "qemu_args.h"
#include "spec.h"

struct disk_info {
	int fd; /* open, read-write unless readonly; passed to QEMU */
	bool qcow2;
	bool block_device;
	bool uefi_only;   /* no BIOS boots from it; false where that cannot be known */
	bool has_backing; /* allowed, then */
	/* The chain of backing files, open, where each is a raw or qcow2 file that we may read; else nr_layers is 0, and
	 * QEMU opens the disk and the chain by name. */
	struct qemu_layer layer[QEMU_LAYERS_MAX];
	int nr_layers;
	uint64_t bytes;           /* as the guest sees it: what an overlay is made for */
	char path[SPEC_PATH_MAX]; /* absolute */
	char backing[1024];       /* escaped for display */
};

/* One sentence for each refusal: missing, unreadable, a folder, in use by this host or another QEMU, no image, an image of
 * another kind, a backing file without --backing allow, an external data file.  With --snapshot pass a copy of the disk
 * that is readonly: QEMU demands an fd whose access fits. */
int disk_open(const struct disk *disk, bool allow_backing, struct disk_info *ret, struct err *err)
        MUST_CHECK;
/* Sets O_DIRECT on an open disk or overlay; a file system without it is refused with the cache mode to use. */
int disk_set_direct(int fd, const char *path, struct err *err) MUST_CHECK;
/* Of an image that QEMU opens by name: the absolute name of the backing file that it names.  1: *ret has it; 0: it names
 * none, or none that is a plain file's name. */
int disk_backing(const char *image, char ret[SPEC_PATH_MAX]);
void disk_info_done(struct disk_info *info);

#endif
