/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.c - RLIMIT_NOFILE less what is open.  Opens one file itself, for as long as it counts. */
#include "files.h"

#include <dirent.h>
#include <stddef.h>
#include <sys/resource.h>

#include "cleanup.h"

#define FILES_KEPT 8

long files_left(void)
{
	CLEANUP(dir_close) DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	struct rlimit limit;
	long nr = -1; /* the look's own is closed again */

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return 1 << 20;
	if (!dir) /* there is not even one for the look */
		return -FILES_KEPT;
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	return (long)limit.rlim_cur - nr - FILES_KEPT;
}
