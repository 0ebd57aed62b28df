/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initramfs.h - the built-in guest's root: qload as /init, the virtio modules it needs in load order, unpacked,
 * and the list /modules.list.  The same inputs give the same bytes.
 */
#ifndef IMAGES_INITRAMFS_H
#define IMAGES_INITRAMFS_H

#include "err.h"
#include "kernel.h"

/* Writes (or finds in the cache, keyed by a hash of qload, kernel version and module bytes) the cpio; ret is its
 * path.  A kernel without virtio_pci, virtio_blk or virtio_console, built in or as a module, is an error that says
 * what to do. */
int initramfs_make(const struct kernel *kernel, const char *qload_path, const char *cache,
                   char *ret, size_t size, struct err *err) MUST_CHECK;

#endif
