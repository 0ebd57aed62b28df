/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task.c - reads /proc/TID/stat.  Knows no roles. */
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

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

int task_read_at(int dirfd, const char *path, struct task *ret)
{
	char line[1024];
	struct task task;
	int rc = text_read_at(dirfd, path, line, sizeof(line), NULL);

	/* ENOENT: no such number.  ESRCH: it ended between open and read. */
	if (rc == -ENOENT || rc == -ESRCH)
		return -ESRCH;
	if (rc < 0)
		return rc;
	if (!task_parse(line, &task))
		return -EPROTO;
	if (task.state == 'Z' || task.state == 'X')
		return -ESRCH;
	*ret = task;
	return 0;
}

int task_read(pid_t tid, struct task *ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	return task_read_at(AT_FDCWD, path, ret);
}
