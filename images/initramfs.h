/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initramfs.h - the built-in guest's root: qload as /init, the virtio modules it needs in load order, unpacked,
 * and the list /modules.list.  The same inputs give the same bytes.
 */
#ifndef IMAGES_INITRAMFS_H
#define IMAGES_INITRAMFS_H

#include "err.h"
#include "kernel.h"

/* Where initramfs_make() will keep it: a name out of the kernel's version, its modules' folder and qload's bytes, so
 * that it is known before a kernel has been downloaded. */
int initramfs_name(const struct kernel *kernel, const char *qload_path, const char *cache,
                   char *ret, size_t size, struct err *err) MUST_CHECK;
/* Writes the cpio, or finds it in the cache with the very same bytes; ret is its path.  A kernel without virtio_pci, virtio_blk or virtio_console, built in or as a module, is an error that says
 * what to do. */
int initramfs_make(const struct kernel *kernel, const char *qload_path, const char *cache,
                   char *ret, size_t size, struct err *err) MUST_CHECK;

#endif
