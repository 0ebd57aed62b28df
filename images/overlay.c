/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay.c - writes the smallest valid qcow2 (docs/interop/qcow2.txt).  Knows no QEMU option. */
#include "overlay.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"
#include "unnamed.h"

#define CLUSTER_BITS  16
#define CLUSTER_BYTES (1ULL << CLUSTER_BITS)
/* One L2 table is one cluster of 8-byte entries, one entry a cluster. */
#define L1_COVERS    (CLUSTER_BYTES / 8 * CLUSTER_BYTES)
#define L1_BYTES_MAX (32ULL << 20) /* QEMU's own limit: 2 PiB of disk */

/* The file, in clusters: header, refcount table, its first block, then the L1 table. */
enum { AT_REFTABLE = 1, AT_REFBLOCK = 2, AT_L1 = 3 };

struct on_disk_header {
	uint32_t magic, version;
	uint64_t backing_offset;
	uint32_t backing_len, cluster_bits;
	uint64_t virtual_bytes;
	uint32_t crypt_method, l1_entries;
	uint64_t l1_offset, reftable_offset;
	uint32_t reftable_clusters, nr_snapshots;
	uint64_t snapshots_offset;
	uint64_t incompatible, compatible, autoclear;
	uint32_t refcount_order, header_length;
	uint64_t end_of_extensions;
};

_Static_assert(sizeof(struct on_disk_header) == 112, "the format has no padding");

static int write_at(int fd, uint64_t cluster, const void *bytes, size_t len, struct err *err)
{
	if (lseek(fd, (off_t)(cluster * CLUSTER_BYTES), SEEK_SET) < 0)
		return err_sys(err, "seek");
	return text_write_all(fd, bytes, len, err);
}

static int write_header(int fd, uint64_t virtual_bytes, uint64_t l1_entries, struct err *err)
{
	struct on_disk_header header = {
		.magic = htobe32(0x514649fb),
		.version = htobe32(3),
		.cluster_bits = htobe32(CLUSTER_BITS),
		.virtual_bytes = htobe64(virtual_bytes),
		.l1_entries = htobe32((uint32_t)l1_entries),
		.l1_offset = htobe64(AT_L1 * CLUSTER_BYTES),
		.reftable_offset = htobe64(AT_REFTABLE * CLUSTER_BYTES),
		.reftable_clusters = htobe32(1),
		.refcount_order = htobe32(4), /* 2^4 = 16 bits */
		.header_length = htobe32(104),
	};

	return write_at(fd, 0, &header, sizeof(header), err);
}

/* Every cluster of the file is in use once.  The L1 table itself stays a hole: zeros mean "nothing here yet". */
static int write_refcounts(int fd, size_t nr_clusters, struct err *err)
{
	CLEANUP(str_free) char *block = calloc(nr_clusters, sizeof(uint16_t));
	uint64_t first_block = htobe64(AT_REFBLOCK * CLUSTER_BYTES);
	uint16_t one = htobe16(1);
	int r;

	if (!block)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < nr_clusters; i++)
		memcpy(block + i * sizeof(one), &one, sizeof(one));
	r = write_at(fd, AT_REFTABLE, &first_block, sizeof(first_block), err);
	if (r < 0)
		return r;
	return write_at(fd, AT_REFBLOCK, block, nr_clusters * sizeof(one), err);
}

int overlay_make(const char *folder, uint64_t virtual_bytes, int *ret_fd, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	uint64_t size, l1_entries, nr_clusters;
	int r;

	if (virtual_bytes == 0 || virtual_bytes > L1_BYTES_MAX / 8 * L1_COVERS)
		return err_set(err, EINVAL, "a disk of %llu bytes cannot have a throw-away overlay",
		               (unsigned long long)virtual_bytes);
	size = (virtual_bytes + 511) / 512 * 512;
	l1_entries = (size + L1_COVERS - 1) / L1_COVERS;
	nr_clusters = AT_L1 + (l1_entries * 8 + CLUSTER_BYTES - 1) / CLUSTER_BYTES;

	r = unnamed_open(folder, &fd, err);
	if (r < 0)
		return r;
	if (ftruncate(fd, (off_t)(nr_clusters * CLUSTER_BYTES)) < 0)
		return err_sys(err, "%s: throw-away overlay", folder);
	r = write_header(fd, size, l1_entries, err);
	if (r == 0)
		r = write_refcounts(fd, nr_clusters, err);
	if (r < 0)
		return err_in(err, "%s: throw-away overlay", folder);
	*ret_fd = STEAL_FD(&fd);
	return 0;
}
