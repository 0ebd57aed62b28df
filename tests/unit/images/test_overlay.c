/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_overlay.c - what we write, qemu-img accepts; what qemu-img writes, we read; what is broken, we refuse. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "cleanup.h"
#include "overlay.h"
#include "qcow2.h"
#include "text.h"

#define ARGS(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

extern char **environ;

/* The exit status of the program; its output, cut, in buf. */
static int run(const char *const argv[], char *buf, size_t size)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
	assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ),
	                 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while ((n = read(ends[0], buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_qemu_img_agrees(void **state)
{
	static const uint64_t sizes[] = { 1 << 20,      (1 << 20) + 1,
		                          512ULL << 20, (512ULL << 20) + 512,
		                          10ULL << 30,  1ULL << 40,
		                          16ULL << 40 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP(fd_close) int fd = -1;
		char path[64], out[8192], size[64];
		struct qcow2_header header;
		struct err err = { 0 };

		assert_int_equal(overlay_make("/var/tmp", sizes[i], &fd, &err), 0);
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
		assert_int_equal(
		        run(ARGS("qemu-img", "check", "-f", "qcow2", path), out, sizeof(out)), 0);
		assert_non_null(strstr(out, "No errors were found"));
		assert_int_equal(run(ARGS("qemu-img", "info", "-f", "qcow2", "--output=json", path),
		                     out, sizeof(out)),
		                 0);
		snprintf(size, sizeof(size), "\"virtual-size\": %" PRIu64 ",",
		         (sizes[i] + 511) / 512 * 512);
		assert_non_null(strstr(out, size));
		assert_null(strstr(out, "backing"));
		assert_int_equal(qcow2_read(fd, &header, &err), 1);
		assert_int_equal(header.version, 3);
		assert_int_equal(header.virtual_bytes, (sizes[i] + 511) / 512 * 512);
		assert_false(header.has_backing || header.has_data_file);
	}
}

/* Writes at both ends, then checks: QEMU's allocator lives with our refcounts. */
static void test_takes_writes(void **state)
{
	CLEANUP(fd_close) int fd = -1;
	char path[64], out[8192];
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(overlay_make("/var/tmp", 16ULL << 40, &fd, &err), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_true(st.st_blocks * 512 < 64 << 10);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	assert_int_equal(run(ARGS("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", "-c",
	                          "write -P 9 16383G 64k", "-c", "read -P 7 0 1M", "-c",
	                          "read -P 9 16383G 64k", "-c", "read -P 0 5G 64k", path),
	                     out, sizeof(out)),
	                 0);
	assert_null(strstr(out, "Pattern verification failed"));
	assert_int_equal(run(ARGS("qemu-img", "check", "-f", "qcow2", path), out, sizeof(out)), 0);
}

static void test_overlay_refusals(void **state)
{
	struct err err = { 0 };
	int fd = 77;

	(void)state;
	assert_int_equal(overlay_make("/var/tmp", 0, &fd, &err), -EINVAL);
	assert_int_equal(overlay_make("/var/tmp", UINT64_MAX, &fd, &err), -EINVAL);
	assert_int_equal(overlay_make("/var/tmp", (2ULL << 50) + 1, &fd, &err), -EINVAL);
	assert_int_equal(overlay_make("/nonexistent", 1 << 20, &fd, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent"));
	assert_int_equal(fd, 77);
}

static void read_made_by_qemu_img(const char *const argv[], const char *path,
                                  struct qcow2_header *ret)
{
	CLEANUP(fd_close) int fd = -1;
	struct err err = { 0 };
	char out[4096];

	assert_int_equal(run(argv, out, sizeof(out)), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(qcow2_read(fd, ret, &err), 1);
}

static void test_reads_qemu_img(void **state)
{
	char folder[] = "/tmp/qlaunch-test-XXXXXX", path[64], data[64], option[128];
	struct qcow2_header header;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/disk", folder);
	snprintf(data, sizeof(data), "%s/data", folder);
	read_made_by_qemu_img(ARGS("qemu-img", "create", "-q", "-f", "qcow2", path, "5G"), path,
	                      &header);
	assert_int_equal(header.version, 3);
	assert_int_equal(header.virtual_bytes, 5ULL << 30);
	assert_false(header.has_backing || header.has_data_file);

	read_made_by_qemu_img(ARGS("qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10",
	                           "-u", "-F", "raw", "-b", "/etc/shadow", path, "1G"),
	                      path, &header);
	assert_int_equal(header.version, 2);
	assert_true(header.has_backing);
	assert_string_equal(header.backing, "/etc/shadow");

	snprintf(option, sizeof(option), "data_file=%s", data);
	read_made_by_qemu_img(
	        ARGS("qemu-img", "create", "-q", "-f", "qcow2", "-o", option, path, "1M"), path,
	        &header);
	assert_true(header.has_data_file);
	assert_false(header.has_backing);
	unlink(path);
	unlink(data);
	rmdir(folder);
}

/* A good version 3 header with one field changed. */
static void put_be(unsigned char *bytes, size_t offset, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		bytes[offset + i] = (unsigned char)(value >> (8 * (size - 1 - i)));
}

static void test_parse(void **state)
{
	static const struct {
		size_t offset, size;
		uint64_t value;
		size_t len;
		int want;
		const char *says;
	} cases[] = {
		{ 0, 0, 0, 112, 1, NULL },
		{ 0, 0, 0, 104, 1, NULL },
		{ 0, 0, 0, 103, -EINVAL, "cut off" },
		{ 0, 0, 0, 7, -EINVAL, "cut off" },
		{ 0, 0, 0, 3, 0, NULL },
		{ 0, 0, 0, 0, 0, NULL },
		{ 0, 4, 0x514649fa, 112, 0, NULL },
		{ 4, 4, 2, 72, 1, NULL },
		{ 4, 4, 2, 71, -EINVAL, "cut off" },
		{ 4, 4, 1, 112, -EINVAL, "qemu-img convert" },
		{ 4, 4, 4, 112, -EINVAL, "version 4" },
		{ 20, 4, 8, 112, -EINVAL, "2^8" },
		{ 20, 4, 22, 112, -EINVAL, "2^22" },
		{ 16, 4, 1024, 112, -EINVAL, "too long" },
		{ 16, 4, 1023, 112, 1, NULL },
		{ 16, 4, 0, 112, 1, NULL },
		{ 8, 8, 65537, 112, -EINVAL, "out of place" },
		{ 8, 8, 65530, 112, -EINVAL, "too long" },
		{ 24, 8, 1ULL << 63, 112, -EINVAL, "impossible" },
		{ 72, 8, 4, 112, 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char bytes[112] = { 0 };
		struct qcow2_header header = { 0 };
		struct err err = { 0 };

		put_be(bytes, 0, 4, 0x514649fb);
		put_be(bytes, 4, 4, 3);
		put_be(bytes, 8, 8, 512);
		put_be(bytes, 16, 4, 11);
		put_be(bytes, 20, 4, 16);
		put_be(bytes, 24, 8, 1 << 20);
		put_be(bytes, 96, 4, 4);
		put_be(bytes, 100, 4, 104);
		put_be(bytes, cases[i].offset, cases[i].size, cases[i].value);
		assert_int_equal(qcow2_parse(bytes, cases[i].len, &header, &err), cases[i].want);
		if (cases[i].says)
			assert_non_null(strstr(err.text, cases[i].says));
		if (cases[i].want == 1) {
			assert_int_equal(header.has_backing, header.backing_len != 0);
			assert_int_equal(header.has_data_file, cases[i].offset == 72);
			assert_int_equal(header.virtual_bytes, 1 << 20);
		}
	}
}

static void test_backing_cut_off(void **state)
{
	CLEANUP(fd_close) int fd = -1;
	unsigned char bytes[600] = { 0 };
	struct qcow2_header header = { .version = 77 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(overlay_make("/var/tmp", 1 << 20, &fd, &err), 0);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	put_be(bytes, 8, 8, 599);
	put_be(bytes, 16, 4, 2);
	assert_int_equal(ftruncate(fd, sizeof(bytes)), 0);
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_int_equal(qcow2_read(fd, &header, &err), -EINVAL);
	assert_int_equal(header.version, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu_img_agrees),
		cmocka_unit_test(test_takes_writes),
		cmocka_unit_test(test_overlay_refusals),
		cmocka_unit_test(test_reads_qemu_img),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_backing_cut_off),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
