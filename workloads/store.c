/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.c - asks the kernel about a file or disk.  Reads and writes no data. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "text.h"

/* STATX_DIOALIGN is Linux 6.1; older kernels leave the mask bit out. */
static unsigned direct_alignment(int fd, bool is_block)
{
	struct statx sx = { 0 };
	unsigned align = 0;
	int sector = 0;

	if (!statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) && (sx.stx_mask & STATX_DIOALIGN))
		align = sx.stx_dio_offset_align > sx.stx_dio_mem_align ? sx.stx_dio_offset_align
		                                                       : sx.stx_dio_mem_align;
	if (!align && is_block && !ioctl(fd, BLKSSZGET, &sector) && sector > 0)
		align = (unsigned)sector;
	return align ? align : 4096;
}

int store_inspect(int fd, struct store *ret, struct err *err)
{
	struct store store = { .fd = fd, .alignment = 1 };
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "scratch: descriptor %d", fd);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, EINVAL, "scratch: neither a file nor a disk");
	store.bytes = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, &store.bytes) < 0)
		return err_sys(err, "scratch: size");
	store.direct = flags & O_DIRECT;
	store.writable = (flags & O_ACCMODE) == O_RDWR;
	store.sparse = S_ISREG(st.st_mode) && (uint64_t)st.st_blocks * 512 < store.bytes;
	store.poll = disk_poll_of(&st);
	if (store.direct)
		store.alignment = direct_alignment(fd, S_ISBLK(st.st_mode));
	*ret = store;
	return 0;
}

static int check_iopoll(const struct store *store, struct err *err)
{
	const char *why = disk_poll_refusal(store->poll);

	if (!store->direct)
		return err_set(err, EINVAL,
		               "iopoll: the file system here refuses direct I/O, and the "
		               "page cache has nothing to poll");
	if (why)
		return err_set(err, EINVAL, "iopoll: %s", why);
	return 0;
}

int store_check(const struct store *store, const struct job *job, struct err *err)
{
	uint64_t blocks;

	if (store->fd < 0)
		return err_set(err, ENOENT, "%s needs a scratch, and there is none%s",
		               job->workload->name, job->direct ? " for direct I/O" : "");
	if (job->bs % store->alignment)
		return err_set(err, EINVAL,
		               "bs=%" PRIu64
		               " is no multiple of the %u bytes that direct I/O needs here",
		               job->bs, store->alignment);
	if (job_read_percent(job) < 100 && !store->writable)
		return err_set(err, EACCES, "%s writes, and the file is open for reading only",
		               job->workload->name);
	if (job->iopoll && check_iopoll(store, err) < 0)
		return -err->code;
	blocks = store->bytes / job->bs;
	if (blocks < (job_is_random(job) ? 1 : (uint64_t)job->threads))
		return err_set(err, EINVAL,
		               "the scratch (%" PRIu64 " bytes) is too small for %d worker%s "
		               "with bs=%" PRIu64,
		               store->bytes, job->threads, job->threads == 1 ? "" : "s", job->bs);
	return 0;
}
