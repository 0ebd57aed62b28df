/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_scratch.c - the scratch is whole, real, nameless and direct, or says why not. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cmocka.h>

#include "cleanup.h"
#include "scratch.h"
#include "stop.h"

#define MIB (1ULL << 20)

/* On a disk, not in /tmp, which may be memory; of its own, so that its names can be counted. */
static char own[128];

static const char *folder(void)
{
	return own;
}

static int folder_open(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	snprintf(own, sizeof(own), "%s/qlaunch-test-XXXXXX", base ? base : "/var/tmp");
	return mkdtemp(own) ? 0 : -1;
}

static int folder_close(void **state)
{
	(void)state;
	return rmdir(own); /* fails where a file stayed */
}

static int nr_files(const char *path)
{
	CLEANUP(dir_close) DIR *dir = opendir(path);
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	return n;
}

/* Unwritten extents read as zeros without touching the disk, delayed ones are not on the disk at all. */
static void assert_written(int fd, uint64_t bytes)
{
	size_t size = sizeof(struct fiemap) + 256 * sizeof(struct fiemap_extent);
	CLEANUP(str_free) char *buf = calloc(1, size);
	struct fiemap *map = (struct fiemap *)(void *)buf;
	uint64_t sum = 0;

	assert_non_null(map);
	map->fm_length = ~0ULL;
	map->fm_extent_count = 256;
	if (ioctl(fd, FS_IOC_FIEMAP, map) < 0) {
		assert_true(errno == EOPNOTSUPP || errno == ENOTTY);
		return;
	}
	for (uint32_t i = 0; i < map->fm_mapped_extents; i++) {
		assert_int_equal(map->fm_extents[i].fe_flags &
		                         (FIEMAP_EXTENT_UNWRITTEN | FIEMAP_EXTENT_DELALLOC |
		                          FIEMAP_EXTENT_UNKNOWN),
		                 0);
		sum += map->fm_extents[i].fe_length;
	}
	assert_true(sum >= bytes || map->fm_mapped_extents == 256);
}

/* Nobody can give the file a name, and nobody sees one. */
static void assert_nameless(int fd)
{
	char from[64], to[4096];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	snprintf(to, sizeof(to), "%s/qlaunch-test-%d", folder(), getpid());
	assert_int_equal(linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW), -1);
}

static void test_is_whole(void **state)
{
	static const uint64_t sizes[] = { 4096, MIB, MIB + 4096, 33 * MIB };
	int before = nr_files(folder());

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP(scratch_done) struct scratch scratch = { .fd = -1, .direct_fd = -1 };
		struct err err = { 0 };
		struct stat st;

		assert_int_equal(scratch_make(folder(), sizes[i], NULL, NULL, &scratch, &err), 0);
		assert_int_equal(fstat(scratch.fd, &st), 0);
		assert_int_equal(st.st_size, sizes[i]);
		assert_int_equal(st.st_nlink, 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_true((uint64_t)st.st_blocks * 512 >= sizes[i]);
		assert_int_equal(lseek(scratch.fd, 0, SEEK_HOLE), sizes[i]);
		assert_written(scratch.fd, sizes[i]);
		assert_nameless(scratch.fd);
		assert_true(fcntl(scratch.fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(scratch_read_all(&scratch, &err), 0);
		assert_int_equal(nr_files(folder()), before);
	}
}

static int compare_words(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* A disk that compresses or deduplicates would be measured at nothing otherwise. */
static void test_never_repeats(void **state)
{
	CLEANUP(scratch_done) struct scratch scratch = { .fd = -1, .direct_fd = -1 };
	CLEANUP(str_free) char *bytes = malloc(3 * MIB);
	uint64_t *words = (uint64_t *)(void *)bytes;
	size_t nr_words = 3 * MIB / sizeof(*words);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scratch_make(folder(), 3 * MIB, NULL, NULL, &scratch, &err), 0);
	assert_int_equal(pread(scratch.fd, bytes, 3 * MIB, 0), 3 * MIB);
	qsort(words, nr_words, sizeof(*words), compare_words);
	for (size_t i = 1; i < nr_words; i++)
		assert_int_not_equal(words[i - 1], words[i]);
}

static void test_direct(void **state)
{
	CLEANUP(scratch_done) struct scratch scratch = { .fd = -1, .direct_fd = -1 };
	_Alignas(4096) static char direct[4096];
	struct stat one, two;
	char plain[4096];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scratch_make(folder(), MIB, NULL, NULL, &scratch, &err), 0);
	assert_true(scratch.direct == (scratch.direct_fd >= 0));
	assert_true(scratch.direct == (scratch.why[0] == '\0'));
	if (!scratch.direct)
		skip();
	assert_true(fcntl(scratch.direct_fd, F_GETFL) & O_DIRECT);
	assert_false(fcntl(scratch.fd, F_GETFL) & O_DIRECT);
	assert_true(fcntl(scratch.direct_fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(scratch.fd, &one), 0);
	assert_int_equal(fstat(scratch.direct_fd, &two), 0);
	assert_true(one.st_ino == two.st_ino && one.st_dev == two.st_dev);
	assert_int_equal(pread(scratch.fd, plain, 4096, MIB - 4096), 4096);
	assert_int_equal(pread(scratch.direct_fd, direct, 4096, MIB - 4096), 4096);
	assert_memory_equal(plain, direct, 4096);
}

static void test_tmpfs_is_not_direct(void **state)
{
	CLEANUP(scratch_done) struct scratch scratch = { .fd = -1, .direct_fd = -1 };
	struct statfs fs;
	struct err err = { 0 };

	(void)state;
	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC || access("/dev/shm", W_OK) < 0)
		skip();
	assert_int_equal(scratch_make("/dev/shm", MIB, NULL, NULL, &scratch, &err), 0);
	assert_false(scratch.direct);
	assert_int_equal(scratch.direct_fd, -1);
	assert_non_null(strstr(scratch.why, "tmpfs"));
}

static void test_refusals(void **state)
{
	static const struct {
		const char *folder;
		uint64_t bytes;
		int code;
		const char *says;
	} cases[] = {
		{ NULL, 0, EINVAL, "4k" },
		{ NULL, 4095, EINVAL, "4k" },
		{ NULL, 1ULL << 63, EINVAL, "4k" },
		{ NULL, 1ULL << 50, ENOSPC, "--scratch-size" },
		{ NULL, 1ULL << 50, ENOSPC, "needs 1024T" },
		{ "/nonexistent/folder", 4096, ENOENT, "/nonexistent/folder" },
		{ "/dev/null", 4096, ENOTDIR, "/dev/null" },
		{ "/proc", 4096, ENOENT, "/proc" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scratch scratch = { .fd = 77, .direct_fd = 78 };
		const char *where = cases[i].folder ? cases[i].folder : folder();
		struct err err = { 0 };

		assert_int_equal(scratch_make(where, cases[i].bytes, NULL, NULL, &scratch, &err),
		                 -cases[i].code);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_int_equal(scratch.fd, 77);
	}
}

struct watch {
	uint64_t last;
	int calls;
};

static void watch(void *arg, uint64_t done)
{
	struct watch *w = arg;

	assert_true(done >= w->last);
	w->last = done;
	w->calls++;
}

static void test_progress(void **state)
{
	CLEANUP(scratch_done) struct scratch scratch = { .fd = -1, .direct_fd = -1 };
	struct watch all = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scratch_make(folder(), 2 * MIB, watch, &all, &scratch, &err), 0);
	assert_true(all.calls >= 1);
	assert_int_equal(all.last, 2 * MIB);
}

/* Filling and reading are ended by a signal, with its name, between two blocks. */
static void test_signal(void **state)
{
	CLEANUP(scratch_done) struct scratch scratch = { .fd = -1, .direct_fd = -1 };
	CLEANUP(scratch_done) struct scratch other = { .fd = -1, .direct_fd = -1 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scratch_make(folder(), 2 * MIB, NULL, NULL, &scratch, &err), 0);
	assert_int_equal(stop_listen(&err), 0);
	raise(SIGTERM);
	assert_int_equal(scratch_make(folder(), 2 * MIB, NULL, NULL, &other, &err), -EINTR);
	assert_non_null(strstr(err.text, "interrupted by SIGTERM"));
	assert_int_equal(other.fd, -1);
	assert_int_equal(scratch_read_all(&scratch, &err), -EINTR);
	stop_take();
	assert_int_equal(scratch_read_all(&scratch, &err), 0);
}

static void test_read_all_sees_the_end(void **state)
{
	CLEANUP(scratch_done) struct scratch scratch = { .fd = -1, .direct_fd = -1 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scratch_make(folder(), 2 * MIB, NULL, NULL, &scratch, &err), 0);
	assert_int_equal(ftruncate(scratch.fd, MIB), 0);
	assert_int_equal(scratch_read_all(&scratch, &err), -EIO);
	assert_non_null(strstr(err.text, "1048576"));
	scratch_done(&scratch);
	scratch_done(&scratch); /* twice is harmless */
	assert_int_equal(scratch.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_whole), cmocka_unit_test(test_never_repeats),
		cmocka_unit_test(test_direct),   cmocka_unit_test(test_tmpfs_is_not_direct),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_progress),
		cmocka_unit_test(test_signal),   cmocka_unit_test(test_read_all_sees_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, folder_open, folder_close);
}
