/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bzimage.h - the boot header of an x86 kernel (Documentation/x86/boot.rst), from memory.
 */
#ifndef IMAGES_BZIMAGE_H
#define IMAGES_BZIMAGE_H

#include <stdint.h>

#include "err.h"

/* The setup code, which holds header and version, is at most 255 sectors and the boot sector. */
#define BZIMAGE_SETUP_MAX (256 * 512)

/* The first word of the version ("6.1.0-38-cloud-amd64"), safe as a file name.  -EINVAL with what the bytes are
 * instead, and what to do, where they are no 64-bit bzImage. */
int bzimage_version(const void *bytes, size_t len, char *ret, size_t size, struct err *err)
        MUST_CHECK;
/* The same words for bytes that are known to be no bzImage.  Returns -EINVAL. */
int bzimage_explain(const void *bytes, size_t len, struct err *err);
/* Of a kernel with a version: the memory, from address 0, that it unpacks itself into; in less it is silent for ever.
 * 0: its header does not say. */
uint64_t bzimage_memory(const void *bytes, size_t len);

#endif
