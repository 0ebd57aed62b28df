/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.c - makes, fills and reads the scratch file.  Knows no workload and no VM. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "stop.h"
#include "text.h"
#include "unnamed.h"

enum {
	BLOCK_BYTES = 1 << 20,
	BEHIND_BYTES = 16 << 20, /* how far the disk may lag behind the writer */
	SECTOR_BYTES = 4096,     /* O_DIRECT on any disk: the last sector must be whole */
	PROGRESS_NS = 50 * 1000 * 1000,
};

#define XFS_MAGIC 0x58465342 /* <linux/magic.h> of our age does not have it */

static const struct {
	long magic;
	const char *name;
} file_systems[] = {
	{ EXT4_SUPER_MAGIC, "ext4" },   { XFS_MAGIC, "xfs" },
	{ BTRFS_SUPER_MAGIC, "btrfs" }, { OVERLAYFS_SUPER_MAGIC, "overlayfs" },
	{ NFS_SUPER_MAGIC, "nfs" },     { TMPFS_MAGIC, "tmpfs" },
	{ F2FS_SUPER_MAGIC, "f2fs" },   { FUSE_SUPER_MAGIC, "fuse" },
};

static const char *file_system_name(long magic)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_systems); i++) {
		if (file_systems[i].magic == magic)
			return file_systems[i].name;
	}
	return "unknown";
}

static int check_space(const struct scratch *scratch, long magic, struct err *err)
{
	char want[32];
	struct statvfs vfs;
	uint64_t free_bytes;

	if (fstatvfs(scratch->fd, &vfs) < 0)
		return err_sys(err, "%s: cannot ask for free space", scratch->folder);
	free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (scratch->bytes <= free_bytes)
		return 0;
	text_format_size(scratch->bytes, want, sizeof(want));
	return err_set(err, ENOSPC,
	               "%s: the file system (%s) has %lluM free, the scratch needs %s: choose "
	               "another folder with --scratch or a smaller --scratch-size",
	               scratch->folder, file_system_name(magic),
	               (unsigned long long)(free_bytes >> 20), want);
}

/* splitmix64: no file system or disk can compress or deduplicate it, and it is far faster than any disk. */
static void fill_block(uint64_t *words, size_t nr_words, uint64_t offset)
{
	uint64_t state = offset ^ 0x716c61756e636821;

	for (size_t i = 0; i < nr_words; i++) {
		uint64_t z = state += 0x9e3779b97f4a7c15;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
		words[i] = z ^ (z >> 31);
	}
}

/*
 * Sends the last stretch to the disk and waits for the one before it: progress then tells the disk's pace and not the
 * page cache's, and the fsync at the end is short.  It also collects write errors, which fsync would not tell twice.
 */
static int write_behind(int fd, uint64_t done)
{
	const unsigned int wait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
	                          SYNC_FILE_RANGE_WAIT_AFTER;

	if (done % BEHIND_BYTES)
		return 0;
	if (sync_file_range(fd, (off_t)(done - BEHIND_BYTES), BEHIND_BYTES, SYNC_FILE_RANGE_WRITE) <
	    0)
		return errno == ENOSYS ? 0 : -1;
	if (done < 2 * BEHIND_BYTES)
		return 0;
	return sync_file_range(fd, (off_t)(done - 2 * BEHIND_BYTES), BEHIND_BYTES, wait);
}

static int fill(const struct scratch *scratch, void (*progress)(void *arg, uint64_t done),
                void *arg, struct err *err)
{
	CLEANUP(str_free) char *block = malloc(BLOCK_BYTES);
	int64_t next_ns = clock_now_ns() + PROGRESS_NS;
	uint64_t done = 0;

	if (!block)
		return err_set(err, ENOMEM, "out of memory");
	while (done < scratch->bytes) {
		uint64_t left = scratch->bytes - done;
		size_t len = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
		int r;

		fill_block((uint64_t *)(void *)block, len / sizeof(uint64_t), done);
		r = text_write_all(scratch->fd, block, len, err);
		if (r < 0)
			return r;
		done += len;
		if (stop_wanted())
			return stop_explain(err);
		if (write_behind(scratch->fd, done) < 0)
			return err_sys(err, "write");
		if (progress && clock_now_ns() >= next_ns) {
			next_ns = clock_now_ns() + PROGRESS_NS;
			progress(arg, done);
		}
	}
	if (fsync(scratch->fd) < 0)
		return err_sys(err, "fsync");
	/* What filling left in the page cache would serve the first buffered reads. */
	posix_fadvise(scratch->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (progress)
		progress(arg, done);
	return 0;
}

bool scratch_looks_direct(const char *folder)
{
	char path[4096];
	struct statfs fs;

	if (text_copy(path, sizeof(path), folder))
		return true;
	while (statfs(path, &fs)) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || !slash || slash == path)
			return true; /* making it will say what is wrong */
		*slash = '\0';
	}
	return fs.f_type != TMPFS_MAGIC;
}

/* tmpfs takes O_DIRECT since Linux 6.6 and ignores it; either way it is memory, and that is what has to be said. */
static void open_direct(struct scratch *scratch, long magic)
{
	char path[64];

	if (magic == TMPFS_MAGIC) {
		snprintf(scratch->why, sizeof(scratch->why),
		         "the scratch is on tmpfs, which is memory and has no direct I/O");
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", scratch->fd);
	scratch->direct_fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	scratch->direct = scratch->direct_fd >= 0;
	if (!scratch->direct)
		snprintf(scratch->why, sizeof(scratch->why),
		         "the scratch's file system (%s) refuses O_DIRECT: %s",
		         file_system_name(magic), strerrordesc_np(errno));
}

int scratch_make(const char *folder, uint64_t bytes, void (*progress)(void *arg, uint64_t done),
                 void *arg, struct scratch *ret, struct err *err)
{
	CLEANUP(scratch_done)
	struct scratch scratch = { .fd = -1, .direct_fd = -1, .bytes = bytes };
	struct statfs fs;
	int r;

	if (bytes == 0 || bytes % SECTOR_BYTES || bytes > INT64_MAX)
		return err_set(err, EINVAL, "a scratch of %llu bytes: use a multiple of 4k",
		               (unsigned long long)bytes);
	if (text_copy(scratch.folder, sizeof(scratch.folder), folder) < 0)
		return err_set(err, ENAMETOOLONG, "the scratch folder's name is too long");
	r = unnamed_open(folder, &scratch.fd, err);
	if (r < 0)
		return r;
	if (fstatfs(scratch.fd, &fs) < 0)
		return err_sys(err, "%s: statfs", folder);
	r = check_space(&scratch, (long)fs.f_type, err);
	if (r < 0)
		return r;
	r = fill(&scratch, progress, arg, err);
	if (r < 0)
		return err_in(err, "%s: filling the scratch", folder);
	open_direct(&scratch, (long)fs.f_type);
	*ret = scratch;
	scratch.fd = scratch.direct_fd = -1;
	return 0;
}

int scratch_read_all(const struct scratch *scratch, struct err *err)
{
	CLEANUP(str_free) char *block = malloc(BLOCK_BYTES);
	uint64_t done = 0;

	if (!block)
		return err_set(err, ENOMEM, "out of memory");
	while (done < scratch->bytes) {
		ssize_t n = pread(scratch->fd, block, BLOCK_BYTES, (off_t)done);

		if (stop_wanted())
			return stop_explain(err);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "%s: reading the scratch", scratch->folder);
		if (n == 0)
			return err_set(err, EIO, "%s: the scratch ends at %llu bytes",
			               scratch->folder, (unsigned long long)done);
		done += (uint64_t)n;
	}
	return 0;
}

void scratch_done(struct scratch *scratch)
{
	fd_close(&scratch->fd);
	fd_close(&scratch->direct_fd);
}
