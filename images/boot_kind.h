/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_kind.h - which firmware a disk boots with, by its first sectors.
 */
#ifndef IMAGES_BOOT_KIND_H
#define IMAGES_BOOT_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* Boot sector, GPT header and the table of 128 partitions. */
#define BOOT_KIND_BYTES (34 * 512)

/* It has an EFI system partition and no boot code: a BIOS runs into zeroes, in silence.  bytes: BOOT_KIND_BYTES. */
bool boot_kind_is_uefi_only(const void *bytes);

#endif
