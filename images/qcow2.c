/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2.c - reads the header of docs/interop/qcow2.txt.  Knows no QEMU option and opens no file. */
#include "qcow2.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "stop.h"

enum {
	MAGIC = 0x514649fb, /* "QFI\xfb" */
	HEADER_V2 = 72,
	HEADER_V3 = 104,
	CLUSTER_BITS_MIN = 9,
	CLUSTER_BITS_MAX = 21,
	HEADER_READ = 112,
	COMPRESSION = 104, /* the first byte after the 104; 0: zlib, 1: zstd */
	CORRUPT_BIT = 1 << 1,
	DATA_FILE_BIT = 1 << 2,
	COMPRESSION_BIT = 1 << 3,
	SUBCLUSTERS_BIT = 1 << 4,
	KNOWN_BITS = 0x1f, /* bit 0 is "dirty", which QEMU repairs */
	EXTENSIONS_MAX = 64,
	CRYPT_MAX = 2,
	REFCOUNT_ORDER_MAX = 6,
};

static uint32_t be32_at(const unsigned char *bytes, size_t offset)
{
	uint32_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return be32toh(value);
}

static uint64_t be64_at(const unsigned char *bytes, size_t offset)
{
	uint64_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return be64toh(value);
}

#define BACKING_FORMAT 0xe2792acaU /* an extension's type */

static int read_version(const unsigned char *bytes, size_t len, unsigned int *ret, struct err *err)
{
	unsigned int version = len >= 8 ? be32_at(bytes, 4) : 0;

	if (len >= 8 && version == 1)
		return err_set(err, EINVAL,
		               "qcow version 1: convert it (qemu-img convert -O qcow2 OLD NEW)");
	if (len >= 8 && version != 2 && version != 3)
		return err_set(err, EINVAL, "qcow2 version %u is unknown (2 and 3 are known)",
		               version);
	if (len < (version == 3 ? HEADER_V3 : HEADER_V2))
		return err_set(err, EINVAL, "the qcow2 header is cut off after %zu bytes", len);
	*ret = version;
	return 0;
}

/* QEMU wants the name inside the first cluster; an offset of 0 or an empty name means no backing file. */
static int read_backing(const unsigned char *bytes, struct qcow2_header *header, struct err *err)
{
	uint32_t bits = be32_at(bytes, 20);
	uint64_t cluster_bytes;

	if (bits < CLUSTER_BITS_MIN || bits > CLUSTER_BITS_MAX)
		return err_set(err, EINVAL, "a qcow2 with clusters of 2^%u bytes", bits);
	cluster_bytes = 1ULL << bits;
	header->backing_offset = be64_at(bytes, 8);
	header->backing_len = be32_at(bytes, 16);
	header->has_backing = header->backing_offset && header->backing_len;
	if (!header->has_backing)
		return 0;
	if (header->backing_offset > cluster_bytes)
		return err_set(err, EINVAL, "a qcow2 whose backing file name is out of place");
	if (header->backing_len > QCOW2_BACKING_MAX ||
	    header->backing_len > cluster_bytes - header->backing_offset)
		return err_set(err, EINVAL, "a qcow2 whose backing file name is too long (%u)",
		               header->backing_len);
	return 0;
}

static int check_features(uint64_t unknown, struct err *err)
{
	int bit = 0;

	if (!unknown)
		return 0;
	while (!(unknown >> bit & 1))
		bit++;
	return err_set(err, EINVAL,
	               "a qcow2 that needs feature %d, which is unknown: qemu-img convert of the "
	               "QEMU that made it can write one without",
	               bit);
}

/* What version 3 adds. */
static int read_v3(const unsigned char *bytes, size_t len, struct qcow2_header *header,
                   struct err *err)
{
	uint32_t length = be32_at(bytes, 100);
	unsigned int method = length > COMPRESSION && len > COMPRESSION ? bytes[COMPRESSION] : 0;

	if (length < HEADER_V3 || length > 1U << header->cluster_bits)
		return err_set(err, EINVAL, "a qcow2 with a header of %u bytes", length);
	if (be32_at(bytes, 96) > REFCOUNT_ORDER_MAX)
		return err_set(err, EINVAL, "a qcow2 with reference counts of 2^%u bits",
		               be32_at(bytes, 96));
	header->header_bytes = length;
	header->incompatible = be64_at(bytes, 72);
	header->has_data_file = header->incompatible & DATA_FILE_BIT;
	header->is_corrupt = header->incompatible & CORRUPT_BIT;
	header->has_subclusters = header->incompatible & SUBCLUSTERS_BIT;
	header->is_zstd = method == 1;
	if (method > 1 || !method != !(header->incompatible & COMPRESSION_BIT))
		return err_set(err, EINVAL, "a qcow2 with the unknown kind of compression %u",
		               method);
	return check_features(header->incompatible & ~(uint64_t)KNOWN_BITS, err);
}

int qcow2_parse(const void *bytes, size_t len, struct qcow2_header *ret, struct err *err)
{
	struct qcow2_header header = { 0 };
	int r;

	if (len < 4 || be32_at(bytes, 0) != MAGIC)
		return 0;
	r = read_version(bytes, len, &header.version, err);
	if (r < 0)
		return r;
	header.virtual_bytes = be64_at(bytes, 24);
	if (header.virtual_bytes > INT64_MAX)
		return err_set(err, EINVAL, "a qcow2 with an impossible size");
	r = read_backing(bytes, &header, err);
	if (r < 0)
		return r;
	header.header_bytes = HEADER_V2;
	header.cluster_bits = be32_at(bytes, 20);
	header.crypt_method = be32_at(bytes, 32);
	header.l1_entries = be32_at(bytes, 36);
	header.l1_offset = be64_at(bytes, 40);
	if (header.crypt_method > CRYPT_MAX)
		return err_set(err, EINVAL, "a qcow2 with the unknown kind of encryption %u",
		               header.crypt_method);
	if (header.version >= 3)
		r = read_v3(bytes, len, &header, err);
	if (r < 0)
		return r;
	*ret = header;
	return 1;
}

/* Short only at the end of the file. */
static ssize_t read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)buf + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR && !stop_wanted())
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Each extension is a type, a length and as many bytes, padded to eight; type 0 ends them, or the backing file's name.
 * What is out of bounds is not said. */
static void read_backing_format(int fd, struct qcow2_header *header)
{
	uint64_t at = header->header_bytes;

	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		unsigned char extension[8];
		uint32_t type, len;

		if (at + sizeof(extension) > header->backing_offset ||
		    read_at(fd, extension, sizeof(extension), at) != (ssize_t)sizeof(extension))
			return;
		type = be32_at(extension, 0);
		len = be32_at(extension, 4);
		at += sizeof(extension);
		if (!type || len > header->backing_offset - at)
			return;
		if (type == BACKING_FORMAT && len < sizeof(header->backing_format)) {
			if (read_at(fd, header->backing_format, len, at) != (ssize_t)len)
				header->backing_format[0] = '\0';
			return;
		}
		at += (uint64_t)(len + 7) & ~7ULL;
	}
}

int qcow2_read(int fd, struct qcow2_header *ret, struct err *err)
{
	unsigned char bytes[HEADER_READ];
	struct qcow2_header header;
	ssize_t n = read_at(fd, bytes, sizeof(bytes), 0);
	int r;

	if (n < 0)
		return err_sys(err, "cannot read the image");
	r = qcow2_parse(bytes, (size_t)n, &header, err);
	if (r <= 0)
		return r;
	if (header.has_backing) {
		n = read_at(fd, header.backing, header.backing_len, header.backing_offset);
		if (n < 0)
			return err_sys(err, "cannot read the image");
		if ((size_t)n != header.backing_len)
			return err_set(err, EINVAL, "a qcow2 whose backing file name is cut off");
		read_backing_format(fd, &header);
	}
	*ret = header;
	return 1;
}
