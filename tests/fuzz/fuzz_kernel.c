/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_kernel.c - the headers that strangers write: bzImage, qcow2, apt's record.  What is accepted is also safe to use. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bzimage.h"
#include "cleanup.h"
#include "package.h"
#include "qcow2.h"
#include "qcow2_guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_bzimage(const uint8_t *data, size_t size)
{
	char version[64];
	struct err err;

	if (bzimage_version(data, size, version, sizeof(version), &err) == 0) {
		assert(version[0] && version[0] != '.' && !strpbrk(version, "/\n \\"));
		assert(strlen(version) < sizeof(version));
	} else {
		assert(err.code && err.text[0] && !strchr(err.text, '\n'));
	}
}

static void fuzz_qcow2(const uint8_t *data, size_t size)
{
	struct qcow2_header header;
	struct err err;

	if (qcow2_parse(data, size, &header, &err) == 1) {
		assert(header.version == 2 || header.version == 3);
		assert(header.virtual_bytes <= INT64_MAX);
		assert(!header.has_backing || (header.backing_len <= QCOW2_BACKING_MAX &&
		                               header.backing_offset <= 1 << 21));
	}
}

/* The map of an image leads anywhere; nothing but the image is read. */
static void fuzz_guest(const uint8_t *data, size_t size)
{
	CLEANUP(fd_close) int fd = memfd_create("image", MFD_CLOEXEC);
	struct qcow2_header header;
	uint8_t first[4096];

	assert(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	if (qcow2_read(fd, &header, NULL) == 1)
		(void)qcow2_guest_read(fd, &header, first, sizeof(first));
}

static void fuzz_record(const uint8_t *data, size_t size)
{
	char *record = calloc(1, size + 1), name[64], version[64];

	assert(record);
	memcpy(record, data, size);
	if (package_parse(record, name, sizeof(name), version, sizeof(version)) == 0) {
		assert(strncmp(name, "linux-image-", 12) == 0 && !strpbrk(name, "/ ="));
		assert(version[0] != '-' && version[0] != '.' && !strpbrk(version, "/ ="));
	}
	free(record);
}

/* Inputs stay as they are found: most of the corpus is one kind of file, and the others refuse it at once.  A bzImage
 * header sits behind half a KiB that says nothing, so a short input is given one to change. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t image[4096] = { [0x1f1] = 3, [0x1fe] = 0x55, 0xaa, [0x202] = 'H', 'd', 'r', 'S' };
	size_t len = size < sizeof(image) - 0x206 ? size : sizeof(image) - 0x206;

	fuzz_bzimage(data, size);
	fuzz_guest(data, size);
	fuzz_qcow2(data, size);
	fuzz_record(data, size);
	memcpy(image + 0x206, data, len);
	fuzz_bzimage(image, size % (sizeof(image) + 1));
	return 0;
}
