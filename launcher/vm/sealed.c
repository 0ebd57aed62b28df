/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sealed.c - memfd_create(2) and its seals. */
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "text.h"

static int copy(int from, int to, off_t bytes, const char *path, struct err *err)
{
	off_t done = 0;

	while (done < bytes) {
		ssize_t n = sendfile(to, from, &done, (size_t)(bytes - done));

		if (n < 0 && errno != EINTR)
			return err_sys(err, "%s", path);
		if (n == 0)
			return err_set(err, EIO, "%s became shorter while it was read", path);
	}
	return 0;
}

int sealed_copy(struct sealed *sealed, const char *path, struct err *err)
{
	CLEANUP(fd_close) int from = -1;
	CLEANUP(fd_close) int to = -1;
	struct stat st;

	if (sealed->path[0] && !strcmp(sealed->path, path))
		return 0;
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0 || fstat(from, &st))
		return err_sys(err, "%s", path);
	to = memfd_create("qlaunch", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to < 0)
		return err_sys(err, "memfd_create");
	if (copy(from, to, st.st_size, path, err))
		return -err->code;
	if (fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		return err_sys(err, "sealing the copy of %s", path);
	sealed_done(sealed);
	sealed->fd = STEAL_FD(&to);
	return text_copy(sealed->path, sizeof(sealed->path), path)
	               ? err_set(err, ENAMETOOLONG, "%.200s: too long a path", path)
	               : 0;
}

void sealed_done(struct sealed *sealed)
{
	if (sealed->path[0])
		fd_close(&sealed->fd);
	sealed->path[0] = '\0';
}
