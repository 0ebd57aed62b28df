/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk_poll.c - one question to sysfs.  Opens no disk. */
#include "disk_poll.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "text.h"

/* A partition's queue is its disk's.  A file system on several disks (or none) has a number that no disk has. */
enum disk_poll disk_poll_of(const struct stat *st)
{
	static const char *const folders[] = { "queue", "../queue" };
	dev_t dev = S_ISBLK(st->st_mode) ? st->st_rdev : st->st_dev;
	char path[96], text[16];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s/io_poll", major(dev),
		         minor(dev), folders[i]);
		if (text_read_file(path, text, sizeof(text), NULL) > 0)
			return strcmp(text, "1") ? DISK_POLL_NO : DISK_POLL_YES;
	}
	return DISK_POLL_UNKNOWN;
}

const char *disk_poll_refusal(enum disk_poll poll)
{
	switch (poll) {
	case DISK_POLL_YES:
		return NULL;
	case DISK_POLL_NO:
		return "the disk has no queue to poll (queue/io_poll is 0; NVMe has with the "
		       "module parameter nvme.poll_queues=1)";
	default:
		return "the file lies on no single disk, so nothing says whether it can be polled";
	}
}
