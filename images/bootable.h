/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootable.h - what QEMU's -kernel and -initrd can start on an x86 PC.  The built-in guest asks more of its kernel
 * (bzimage.h).
 */
#ifndef IMAGES_BOOTABLE_H
#define IMAGES_BOOTABLE_H

#include <stdbool.h>

#include "err.h"

/* A bzImage or zImage of any age, a multiboot kernel, or an ELF vmlinux with an entry for PVH.  -EINVAL: what it is
 * instead; QEMU would run some of these as code, in silence. */
int bootable_kernel(const char *path, struct err *err) MUST_CHECK;
/* Does it begin as a cpio archive, a packed one or a file system does?  Linux ignores any other.  true where it cannot
 * be read. */
bool bootable_initrd(const char *path);

#endif
