/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_kernel.c - kernel files told apart, and searched in order. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "bzimage.h"
#include "fake_kernel.h"
#include "kernel.h"
#include "kernel_room.h"
#include "text.h"

static void test_version(void **state)
{
	static const struct {
		const char *version;
		size_t at, n;
		const char *bytes;
		size_t len;
		const char *says; /* NULL: the version comes out */
	} cases[] = {
		{ V, 0, 0, "", 4096, NULL },
		{ V, 0, 0, "", 2048, NULL },
		{ "6.1.0+", 0, 0, "", 2048, NULL },
		{ V, 0x1f1, 1, "\0", 4096, NULL }, /* 0 means 4 sectors */
		{ V, 0x236, 1, "\0", 4096, "32-bit" },
		{ V, 0x211, 1, "\0", 4096, "zImage" },
		{ V, 0, 0, "", 2047, "cut off" },
		{ V, 0, 0, "", 0x267, "cut off" },
		{ V, 0, 0, "", 0x205, "HdrS" },
		{ V, 0, 0, "", 0, "is empty" },
		{ V, 0x20e, 2, "\0\0", 4096, "version" },
		{ V, 0x20e, 2, "\0\x06", 4096, "version" },   /* behind the setup */
		{ V, 0x20e, 2, "\xff\x05", 4096, "version" }, /* its last byte */
		{ V, 0x20e, 2, "\x06\x06", 4096, "version" }, /* words behind it */
		{ V, 0x20e, 2, "\xff\xff", 4096, "version" },
		{ V, 0x1fe, 2, "\0\0", 4096, "HdrS" },
		{ V, 0x202, 4, "HdrT", 4096, "HdrS" },
		{ "../../etc/passwd", 0, 0, "", 4096, "version" },
		{ "a/b", 0, 0, "", 4096, "version" },
		{ "", 0, 0, "", 4096, "version" },
		{ V, 0x202, 4, "\0\0\0\0", 4096, "HdrS" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char bytes[FAKE_BZIMAGE_BYTES];
		char version[64] = "untouched";
		struct err err = { 0 };

		fake_bzimage(bytes, cases[i].version);
		memcpy(bytes + cases[i].at, cases[i].bytes, cases[i].n);
		if (!cases[i].says) {
			assert_int_equal(bzimage_version(bytes, cases[i].len, version,
			                                 sizeof(version), &err),
			                 0);
			assert_string_equal(version, cases[i].version);
			continue;
		}
		assert_int_equal(
		        bzimage_version(bytes, cases[i].len, version, sizeof(version), &err),
		        -EINVAL);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_string_equal(version, "untouched");
	}
}

/* pref_address and init_size, where the header has them. */
static void test_memory(void **state)
{
	static const struct {
		size_t at, n;
		const char *bytes;
		uint64_t memory;
	} cases[] = {
		{ 0, 0, "", 0x1000000 + 0x3378000 },
		{ 0x206, 2, "\x09\x02", 0 },                   /* older than these fields */
		{ 0x25f, 1, "\x80", 0 },                       /* an address that no machine has */
		{ 0x260, 4, "\xff\xff\xff\xff", 0x100ffffff }, /* no overflow */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char bytes[FAKE_BZIMAGE_BYTES];

		fake_bzimage(bytes, V);
		memcpy(bytes + 0x258, "\0\0\0\1\0\0\0\0\0\x80\x37\3", 12);
		memcpy(bytes + cases[i].at, cases[i].bytes, cases[i].n);
		assert_int_equal(bzimage_memory(bytes, sizeof(bytes)), cases[i].memory);
		assert_int_equal(bzimage_memory(bytes, 0x267), 0);
	}
}

/* What people take for a kernel; each gets its own name. */
static void test_lookalikes(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, at;
		const char *says;
	} cases[] = {
		{ "\177ELF", 4, 0, "vmlinux" },     { "ARM\x64", 4, 0x38, "arm64" },
		{ "\x1f\x8b", 2, 0, "compressed" }, { "\x28\xb5\x2f\xfd", 4, 0, "compressed" },
		{ "!<arch>\n", 8, 0, "dpkg-deb" },  { "QFI\xfb", 4, 0, "DISK" },
		{ "\1", 1, 0, "is not a bzImage" },
	};
	char version[64];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char bytes[1024] = { 0 };

		memcpy(bytes + cases[i].at, cases[i].bytes, cases[i].len);
		fake_write(in_room("kernel"), bytes, sizeof(bytes));
		assert_int_equal(
		        kernel_read_version(in_room("kernel"), version, sizeof(version), &err),
		        -EINVAL);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_non_null(strstr(err.text, in_room("kernel")));
	}
	fake_write(in_room("kernel"), "hello\n", 6);
	assert_int_equal(kernel_read_version(in_room("kernel"), version, 64, &err), -EINVAL);
	assert_non_null(strstr(err.text, "text file"));
	assert_int_equal(kernel_read_version(room.at, version, 64, &err), -EISDIR);
	assert_non_null(strstr(err.text, "is a folder"));
	assert_int_equal(mkfifo(in_room("fifo"), 0600), 0);
	assert_int_equal(kernel_read_version(in_room("fifo"), version, 64, &err), -EINVAL);
	assert_int_equal(kernel_read_version(in_room("none"), version, 64, &err), -ENOENT);
}

static void test_order(void **state)
{
	char said[4096] = "";
	struct kernel_wish wish = {
		.cache = room.cache, .root = room.root, .say = note, .arg = said
	};
	struct kernel kernel = { .path = "untouched" };
	struct utsname host;
	char tail[512], modules[512];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(uname(&host), 0);
	assert_int_equal(kernel_find(&wish, &kernel, &err), -ENOENT);
	assert_non_null(strstr(err.text, "--kernel"));
	assert_string_equal(kernel.path, "untouched");

	put_kernel("cache/kernel/linux-image-" V "_1", V, true);
	assert_finds(&wish, "cache/kernel/linux-image-" V "_1/boot/vmlinuz-" V,
	             "cache/kernel/linux-image-" V "_1/lib/modules/" V);
	put_kernel("root", "5.9.0", true);
	put_kernel("root", "5.10.0", true);
	assert_finds(&wish, "root/boot/vmlinuz-5.10.0", "root/lib/modules/5.10.0");
	assert_string_equal(said, "");
	put_kernel("root", "7.0.0", false);
	assert_finds(&wish, "root/boot/vmlinuz-5.10.0", "root/lib/modules/5.10.0");
	assert_non_null(strstr(said, "passed over"));
	assert_non_null(strstr(said, "7.0.0 has no virtio_blk"));
	put_kernel("root", host.release, true);
	snprintf(tail, sizeof(tail), "root/boot/vmlinuz-%s", host.release);
	snprintf(modules, sizeof(modules), "root/lib/modules/%s", host.release);
	assert_finds(&wish, tail, modules);
}

static void test_asked_for(void **state)
{
	struct kernel_wish wish = { .cache = room.cache, .root = room.root };
	char path[PATH_MAX], other[PATH_MAX];
	unsigned char bytes[FAKE_BZIMAGE_BYTES];
	struct kernel kernel;
	struct err err = { 0 };

	(void)state;
	put_kernel("root", "5.9.0", true);
	fake_bzimage(bytes, V);
	text_copy(path, sizeof(path), in_room("mine/bzImage"));
	fake_write(path, bytes, sizeof(bytes));
	wish.kernel = path;
	assert_finds(&wish, "mine/bzImage", NULL);
	put_kernel("cache/kernel/linux-image-" V "_1", V, true);
	assert_finds(&wish, "mine/bzImage", "cache/kernel/linux-image-" V "_1/lib/modules/" V);
	put_kernel("root", V, true);
	assert_finds(&wish, "mine/bzImage", "root/lib/modules/" V);
	put_kernel("other", V, true);
	text_copy(other, sizeof(other), in_room("other"));
	wish.modules = other;
	assert_finds(&wish, "mine/bzImage", "other/lib/modules/" V);
	text_copy(other, sizeof(other), in_room("other/lib/modules"));
	assert_finds(&wish, "mine/bzImage", "other/lib/modules/" V);
	text_copy(other, sizeof(other), in_room("other/lib/modules/" V));
	assert_finds(&wish, "mine/bzImage", "other/lib/modules/" V);
	text_copy(other, sizeof(other), in_room("nowhere"));
	assert_int_equal(kernel_find(&wish, &kernel, &err), -ENOTDIR);
	wish.kernel = NULL; /* and nothing is downloaded for that */
	assert_int_equal(kernel_find(&wish, &kernel, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "--modules"));
	wish = (struct kernel_wish){ .cache = room.cache, .root = room.root, .kernel = path };
	text_copy(path, sizeof(path), in_room("nothing"));
	assert_int_equal(kernel_find(&wish, &kernel, &err), -ENOENT);
	assert_non_null(strstr(err.text, "nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_version), TEST(test_memory),    TEST(test_lookalikes),
		TEST(test_order),   TEST(test_asked_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
