/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_file.c - finds QEMU's binary. */
#include "qemu_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "text.h"

#define QEMU_NAME "qemu-system-x86_64"
/* RHEL, CentOS Stream and their relatives have only this one. */
#define QEMU_ELSEWHERE "/usr/libexec/qemu-kvm"

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static bool find_on_path(const char *name, char *ret, size_t size)
{
	const char *path = getenv("PATH");

	for (const char *from = path ? path : "/usr/bin"; *from;) {
		size_t len = strcspn(from, ":");

		if (len && snprintf(ret, size, "%.*s/%s", (int)len, from, name) < (int)size &&
		    is_program(ret))
			return true;
		from += len + (from[len] == ':');
	}
	return false;
}

static int find_default(char *ret, size_t size, struct err *err)
{
	if (find_on_path(QEMU_NAME, ret, size))
		return 0;
	text_copy(ret, size, QEMU_ELSEWHERE);
	if (is_program(ret))
		return 0;
	ret[0] = '\0';
	return err_set(err, ENOENT,
	               "no " QEMU_NAME " on PATH and no " QEMU_ELSEWHERE
	               ": apt-get install qemu-system-x86, or name one with --qemu FILE");
}

static int check_program(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st))
		return err_sys(err, "--qemu: %.300s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EACCES, "--qemu: %.300s is not a regular file", path);
	if (access(path, X_OK))
		return err_set(err, EACCES, "--qemu: %.300s may not be executed: %s", path,
		               strerror(errno));
	return 0;
}

int qemu_file_find(const char *asked, char *ret, size_t size, struct err *err)
{
	if (!asked)
		return find_default(ret, size, err);
	if (!strchr(asked, '/')) {
		if (find_on_path(asked, ret, size))
			return 0;
		ret[0] = '\0';
		return err_set(err, ENOENT,
		               "--qemu: no %.200s on PATH (a file in this folder is ./%.200s)",
		               asked, asked);
	}
	if (text_copy(ret, size, asked))
		return err_set(err, ENAMETOOLONG, "--qemu: too long a path");
	return check_program(ret, err);
}

static int64_t stamp_ns(const struct timespec *ts)
{
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

struct file_mark file_mark(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return (struct file_mark){ 0 };
	return (struct file_mark){ st.st_dev, st.st_ino, (uint64_t)st.st_size,
		                   stamp_ns(&st.st_mtim), stamp_ns(&st.st_ctim) };
}

bool file_mark_is_same(const struct file_mark *a, const struct file_mark *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

int qemu_file_hash(const char *path, char ret[SHA256_TEXT], struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "%.100s", path);
	return sha256_file(fd, ret, err);
}
