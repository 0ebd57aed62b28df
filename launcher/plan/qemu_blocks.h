/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_blocks.h - the part of QEMU's argv that says what its disks are; qemu_args.c alone calls it.
 */
#ifndef LAUNCHER_QEMU_BLOCKS_H
#define LAUNCHER_QEMU_BLOCKS_H

#include "qemu_args.h"

void qemu_blocks(const struct qemu_inputs *in, struct strv *args);

#endif
