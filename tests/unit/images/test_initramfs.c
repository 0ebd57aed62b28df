/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_initramfs.c - what is in the guest's root, byte for byte the same each time, whole or not there. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "initramfs.h"
#include "kernel_room.h"
#include "text.h"
#include "tree.h"

static const char *qload(void)
{
	static char path[4096];

	text_copy(path, sizeof(path), in_room("qload"));
	return path;
}

static int put_all(void **state)
{
	if (room_open(state))
		return -1;
	put_kernel("root", V, true);
	fake_module(in_room("root/lib/modules/" V "/kernel/virtio_pci.ko.xz"), "virtio", V);
	unlink(in_room("root/lib/modules/" V "/kernel/virtio_pci.ko"));
	fake_write(qload(), "\177ELF and so on", 14);
	return 0;
}

static void make(const char *cache, char *path, size_t size)
{
	struct kernel kernel = { .version = V };
	struct err err = { 0 };
	int r;

	text_copy(kernel.modules, sizeof(kernel.modules), in_room("root/lib/modules/" V));
	r = initramfs_make(&kernel, qload(), cache, path, size, &err);
	if (r < 0)
		print_message("# %s\n", err.text);
	assert_int_equal(r, 0);
}

static size_t read_whole(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, buf, size);
	assert_true(n > 0 && (size_t)n < size);
	close(fd);
	return (size_t)n;
}

static void test_members(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		int64_t len;
	} want[] = {
		{ "dev", S_IFDIR | 0755, 0 },
		{ "modules", S_IFDIR | 0755, 0 },
		{ "proc", S_IFDIR | 0755, 0 },
		{ "sys", S_IFDIR | 0755, 0 },
		{ "dev/console", S_IFCHR | 0600, 0 },
		{ "init", S_IFREG | 0755, 14 },
		{ "modules/000-virtio.ko", S_IFREG | 0644, 2048 },
		{ "modules/001-virtio_pci.ko", S_IFREG | 0644, 2048 },
		{ "modules/002-virtio_blk.ko", S_IFREG | 0644, 2048 },
		{ "modules/003-virtio_console.ko", S_IFREG | 0644, 2048 },
		{ "modules.list", S_IFREG | 0644, 108 },
	};
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char path[4096], text[256];

	(void)state;
	make(room.cache, path, sizeof(path));
	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_filename(a, path, 4096), ARCHIVE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_OK);
		assert_string_equal(archive_entry_pathname(entry), want[i].name);
		assert_int_equal(archive_entry_mode(entry), want[i].mode);
		assert_int_equal(archive_entry_size(entry), want[i].len);
		assert_int_equal(archive_entry_mtime(entry), 0);
		assert_int_equal(archive_entry_uid(entry), 0);
		assert_int_equal(archive_entry_ino64(entry), i + 1);
		if (S_ISCHR(want[i].mode))
			assert_true(archive_entry_rdevmajor(entry) == 5 &&
			            archive_entry_rdevminor(entry) == 1);
	}
	assert_int_equal(archive_read_data(a, text, sizeof(text)), 108);
	assert_memory_equal(text,
	                    "/modules/000-virtio.ko\n/modules/001-virtio_pci.ko\n"
	                    "/modules/002-virtio_blk.ko\n/modules/003-virtio_console.ko\n",
	                    108);
	assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_EOF);
	archive_read_free(a);
}

static void test_same_bytes(void **state)
{
	static char one[1 << 16], two[1 << 16];
	char path[4096], other[4096], cache[4096];
	struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	size_t len;

	(void)state;
	make(room.cache, path, sizeof(path));
	len = read_whole(path, one, sizeof(one));
	assert_int_equal(utimensat(AT_FDCWD, qload(), old, 0), 0);
	assert_int_equal(chmod(qload(), 0600), 0);
	text_copy(cache, sizeof(cache), in_room("cache2"));
	make(cache, other, sizeof(other));
	assert_int_equal(read_whole(other, two, sizeof(two)), len);
	assert_memory_equal(one, two, len);
	assert_string_equal(strrchr(path, '/'), strrchr(other, '/'));

	fake_write(qload(), "\177ELF and so oN", 14);
	make(room.cache, other, sizeof(other));
	assert_string_not_equal(path, other);
}

/* The name is known before there is anything to pack, and tells apart what may differ. */
static void test_name(void **state)
{
	char path[4096], name[4096], other[4096];
	struct kernel kernel = { .version = V };
	struct err err = { 0 };

	(void)state;
	make(room.cache, path, sizeof(path));
	text_copy(kernel.modules, sizeof(kernel.modules), in_room("root/lib/modules/" V));
	tree_remove(kernel.modules);
	assert_int_equal(initramfs_name(&kernel, qload(), room.cache, name, sizeof(name), &err), 0);
	assert_string_equal(name, path);
	text_copy(kernel.modules, sizeof(kernel.modules), in_room("root/lib/modules"));
	assert_int_equal(initramfs_name(&kernel, qload(), room.cache, other, sizeof(other), &err),
	                 0);
	assert_string_not_equal(name, other);
	assert_true(initramfs_name(&kernel, "/no", room.cache, other, sizeof(other), &err) < 0);
}

/* A file that is right is not written again; one that is not, is. */
static void test_cache(void **state)
{
	static char good[1 << 16], again[1 << 16];
	struct stat before, after;
	char path[4096];
	size_t len;

	(void)state;
	make(room.cache, path, sizeof(path));
	assert_int_equal(stat(path, &before), 0);
	make(room.cache, path, sizeof(path));
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	len = read_whole(path, good, sizeof(good));

	assert_int_equal(truncate(path, 100), 0);
	make(room.cache, path, sizeof(path));
	assert_int_equal(read_whole(path, again, sizeof(again)), len);
	assert_memory_equal(good, again, len);

	again[len] = 'x';
	fake_write(path, again, len + 1);
	make(room.cache, path, sizeof(path));
	assert_int_equal(read_whole(path, again, sizeof(again)), len);
	again[7] ^= 1;
	fake_write(path, again, len);
	make(room.cache, path, sizeof(path));
	assert_int_equal(read_whole(path, again, sizeof(again)), len);
	assert_memory_equal(good, again, len);
}

static int nr_files(const char *folder)
{
	char *names[64];
	int nr = tree_list(folder, "", names, 64);

	tree_list_free(names, nr);
	return nr;
}

static void test_many_at_once(void **state)
{
	char path[4096];
	pid_t pids[4];
	int status;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			make(room.cache, path, sizeof(path));
			_exit(0);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(nr_files(in_room("cache/initramfs")), 1);
}

static void test_refusals(void **state)
{
	struct kernel kernel = { .version = V };
	char path[4096] = "untouched";
	struct err err = { 0 };

	(void)state;
	assert_int_equal(initramfs_make(&kernel, qload(), room.cache, path, sizeof(path), &err),
	                 -ENOENT);
	assert_non_null(strstr(err.text, "virtio_pci"));
	text_copy(kernel.modules, sizeof(kernel.modules), in_room("root/lib/modules/" V));
	unlink(qload());
	assert_true(initramfs_make(&kernel, qload(), room.cache, path, sizeof(path), &err) < 0);
	assert_non_null(strstr(err.text, "qload"));
	fake_write(qload(), "x", 1);
	assert_int_equal(
	        initramfs_make(&kernel, qload(), "/proc/nowhere", path, sizeof(path), &err),
	        -ENOENT);
	assert_non_null(strstr(err.text, "/proc/nowhere"));
	assert_string_equal(path, "untouched");
}

#define WITH_ALL(name) cmocka_unit_test_setup_teardown(name, put_all, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ALL(test_members), WITH_ALL(test_same_bytes),   WITH_ALL(test_cache),
		WITH_ALL(test_name),    WITH_ALL(test_many_at_once), WITH_ALL(test_refusals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
