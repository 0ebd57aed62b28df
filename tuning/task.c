/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task.c - reads /proc/TID/stat.  Knows no roles. */
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

bool task_parse(const char *line, struct task *ret)
{
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	struct task task = { 0 };

	if (!open || !close || close < open)
		return false;
	/* fields 3, 4, 9 and 22 */
	if (sscanf(close,
	           ") %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
	           "%" SCNu64,
	           &task.state, &task.ppid, &task.flags, &task.start_ticks) != 4)
		return false;
	snprintf(task.name, sizeof(task.name), "%.*s", (int)(close - open - 1), open + 1);
	*ret = task;
	return true;
}

int task_read_fd(int fd, struct task *ret)
{
	char line[1024]; /* the kernel writes less, and all of it into one read */
	struct task task;
	ssize_t n = pread(fd, line, sizeof(line) - 1, 0);

	if (n <= 0) /* ESRCH: it has ended */
		return n < 0 ? -errno : -ESRCH;
	line[n] = '\0';
	if (!task_parse(line, &task))
		return -EPROTO;
	if (task.state == 'Z' || task.state == 'X')
		return -ESRCH;
	*ret = task;
	return 0;
}

int task_read_at(int dirfd, const char *path, struct task *ret)
{
	CLEANUP(fd_close) int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return task_read_fd(fd, ret);
}

int task_read(pid_t tid, struct task *ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	return task_read_at(AT_FDCWD, path, ret);
}
