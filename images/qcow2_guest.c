/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2_guest.c - follows the map of docs/interop/qcow2.txt for the first clusters.  Believes no offset. */
#include "qcow2_guest.h"

#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "qcow2.h"

#define OFFSET_MASK   0x00fffffffffffe00ULL
#define COMPRESSED    (1ULL << 62)
#define ZERO          1ULL
#define PACKED_SECTOR 512
#define GZIP_HEADER   "\x1f\x8b\x08\0\0\0\0\0\0\3"

static bool read_whole(int fd, void *buf, size_t size, uint64_t offset)
{
	ssize_t n;

	if (offset > INT64_MAX - size)
		return false;
	do {
		n = pread(fd, buf, size, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	memset((char *)buf + n, 0, size - (size_t)n); /* a file may end inside its last cluster */
	return true;
}

static bool read_entry(int fd, uint64_t offset, uint64_t *ret)
{
	uint64_t value;

	if (!read_whole(fd, &value, sizeof(value), offset))
		return false;
	*ret = be64toh(value);
	return true;
}

static void reader_free(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
	*a = NULL;
}

/* The bytes of a zstd frame (RFC 8878): libarchive takes what follows it for another one.  0: it is not whole. */
static size_t zstd_frame_bytes(const unsigned char *b, size_t len)
{
	static const size_t id_bytes[] = { 0, 1, 2, 4 }, size_bytes[] = { 0, 2, 4, 8 };
	size_t at = 5;

	if (len < at)
		return 0;
	at += (b[4] & 0x20 ? b[4] < 0x40 : 1) + id_bytes[b[4] & 3] + size_bytes[b[4] >> 6];
	for (bool last = false; !last;) {
		uint32_t block;

		if (at + 3 > len)
			return 0;
		block = b[at] | (uint32_t)b[at + 1] << 8 | (uint32_t)b[at + 2] << 16;
		last = block & 1;
		/* a block of one repeated byte has just that */
		at += 3 + ((block >> 1 & 3) == 1 ? 1 : block >> 3);
	}
	at += b[4] & 4 ? 4 : 0; /* a checksum */
	return at > len ? 0 : at;
}

/* libarchive knows zstd as it is in the image, and raw deflate where gzip's header is put in front.  How long the
 * packed bytes are is known only to the next sector. */
static bool unpack(const struct qcow2_header *header, const void *packed, size_t len, void *buf,
                   size_t size)
{
	CLEANUP(reader_free) struct archive *a = archive_read_new();
	CLEANUP(str_free) char *copy = malloc(len + sizeof(GZIP_HEADER));
	size_t head = header->is_zstd ? 0 : sizeof(GZIP_HEADER) - 1, done = 0;
	struct archive_entry *entry;

	if (header->is_zstd)
		len = zstd_frame_bytes(packed, len);
	if (!a || !copy || !len)
		return false;
	memcpy(copy, GZIP_HEADER, head);
	memcpy(copy + head, packed, len);
	archive_read_support_format_raw(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_memory(a, copy, head + len) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return false;
	while (done < size) {
		ssize_t n = archive_read_data(a, (char *)buf + done, size - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done == size;
}

static bool read_packed(int fd, const struct qcow2_header *header, uint64_t entry, void *buf,
                        size_t size)
{
	unsigned int shift = 62 - (header->cluster_bits - 8);
	uint64_t offset = entry & ((1ULL << shift) - 1);
	uint64_t sectors = ((entry & (COMPRESSED - 1)) >> shift) + 1;
	size_t len = (size_t)(sectors * PACKED_SECTOR - (offset & (PACKED_SECTOR - 1)));
	CLEANUP(str_free) char *packed = malloc(len);

	return packed && read_whole(fd, packed, len, offset) &&
	       unpack(header, packed, len, buf, size);
}

/* The first size bytes of cluster i. */
static bool read_cluster(int fd, const struct qcow2_header *header, uint64_t l2, size_t i,
                         void *buf, size_t size)
{
	uint64_t entry = 0;

	if (l2 && !read_entry(fd, l2 + i * sizeof(entry), &entry))
		return false;
	if (entry & COMPRESSED)
		return read_packed(fd, header, entry, buf, size);
	if (entry & ZERO || !(entry & OFFSET_MASK)) {
		memset(buf, 0, size);
		return entry & ZERO || !header->has_backing;
	}
	return read_whole(fd, buf, size, entry & OFFSET_MASK);
}

bool qcow2_guest_read(int fd, const struct qcow2_header *header, void *buf, size_t size)
{
	size_t cluster = (size_t)1 << header->cluster_bits;
	uint64_t l2 = 0;

	if (header->has_data_file || header->has_subclusters || header->crypt_method ||
	    size > QCOW2_GUEST_MAX)
		return false;
	if (header->l1_entries && !read_entry(fd, header->l1_offset, &l2))
		return false;
	l2 &= OFFSET_MASK;
	for (size_t at = 0; at < size; at += cluster) {
		size_t part = size - at < cluster ? size - at : cluster;

		if (!read_cluster(fd, header, l2, at >> header->cluster_bits, (char *)buf + at,
		                  part))
			return false;
	}
	return true;
}
