/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay.h - a throw-away place for a guest's writes (`--snapshot`): an empty qcow2 without a name.
 *
 * The header names no backing file: QEMU gets it as a -blockdev node, so nothing in the image can point anywhere.
 */
#ifndef IMAGES_OVERLAY_H
#define IMAGES_OVERLAY_H

#include <stdint.h>

#include "err.h"

/* virtual_bytes is the backing disk's size (rounded up to 512 as QEMU does).  *ret_fd is read-write; the file is gone
 * when it and QEMU's copies are closed. */
int overlay_make(const char *folder, uint64_t virtual_bytes, int *ret_fd, struct err *err)
        MUST_CHECK;

#endif
