/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack.h - takes files out of packages and out of their compression, with libarchive, in memory or into a folder.
 */
#ifndef IMAGES_UNPACK_H
#define IMAGES_UNPACK_H

#include "err.h"

/* Kernel and modules of a .deb: boot/vmlinuz-* and lib/modules/ (also below usr/) become folder/boot/... and
 * folder/lib/modules/...  Plain files and folders only; folder is fresh and ours. */
int unpack_kernel_deb(const char *deb, const char *folder, struct err *err) MUST_CHECK;

/* The whole file, decompressed where it is xz, zstd or gzip; at most max bytes.  *ret is the caller's (free). */
int unpack_file(const char *path, size_t max, char **ret, size_t *ret_len, struct err *err)
        MUST_CHECK;

#endif
