/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2.h - what an image's own header says, before QEMU is allowed to believe it.
 *
 * A guest can write any header into its own disk.  So the read is bounded, follows nothing and opens nothing: the
 * caller decides whether a backing file or an external data file is allowed.
 */
#ifndef IMAGES_QCOW2_H
#define IMAGES_QCOW2_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define QCOW2_BACKING_MAX 1023 /* the format's own limit */

struct qcow2_header {
	unsigned int version; /* 2 or 3 */
	uint64_t virtual_bytes;
	uint64_t incompatible; /* feature bits, 0 in version 2; those that QEMU knows */
	bool has_data_file;    /* the guest's data are in another file */
	bool is_corrupt;       /* QEMU opens it for reading only */
	bool has_subclusters;  /* "extended L2" */
	uint32_t crypt_method; /* 0: none, 1: AES, 2: LUKS */
	bool is_zstd;          /* how its compressed clusters are packed: zlib, or so */
	unsigned int cluster_bits;
	uint64_t l1_offset; /* of the guest's map, of so many entries */
	uint32_t l1_entries;
	bool has_backing;
	uint64_t backing_offset;
	uint32_t backing_len;
	char backing[QCOW2_BACKING_MAX + 1]; /* raw bytes of the image: escape before printing */
	char backing_format
	        [16]; /* "raw", "qcow2" or another driver of QEMU; empty where the image does not say it */
	uint32_t header_bytes; /* its extensions follow */
};

/* 1 = a qcow2, *ret is filled; 0 = not one, *ret is untouched; -EINVAL = a qcow2 that QEMU would refuse, too. */
int qcow2_read(int fd, struct qcow2_header *ret, struct err *err) MUST_CHECK;
/* The same from the first bytes of an image (112 are enough), without the backing file's name. */
int qcow2_parse(const void *bytes, size_t len, struct qcow2_header *ret, struct err *err)
        MUST_CHECK;

#endif
