/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unnamed.c - O_TMPFILE, and what stands in for it.  Knows nothing of what is written there. */
#include "unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "place.h"

/* NFS, FUSE and old overlayfs have no O_TMPFILE.  O_EXCL never follows a link that somebody put there first. */
static int create_and_unlink(int folder_fd)
{
	for (int i = 0; i < 16; i++) {
		char name[64];
		uint64_t dice;
		int fd;

		if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
			return -1;
		snprintf(name, sizeof(name), ".qlaunch-%016llx", (unsigned long long)dice);
		fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		            0600);
		if (fd >= 0) {
			unlinkat(folder_fd, name, 0);
			return fd;
		}
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int unnamed_open(const char *folder, int *ret, struct err *err)
{
	CLEANUP(fd_close) int folder_fd = -1;

	if (place_folder(folder, &folder_fd, err))
		return err_in(err, "cannot open the folder");
	return unnamed_open_at(folder_fd, folder, ret, err);
}

int unnamed_open_at(int folder_fd, const char *folder, int *ret, struct err *err)
{
	int fd;

	/* With O_EXCL, linkat() can never give the file a name either. */
	fd = openat(folder_fd, ".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	/* EISDIR is what a kernel says that does not know the flag at all. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = create_and_unlink(folder_fd);
	if (fd < 0)
		return err_sys(err, "%s: cannot create a file there", folder);
	*ret = fd;
	return 0;
}
