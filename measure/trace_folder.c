/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_folder.c - by the mounts, or where debugfs mounts it when somebody looks. */
#include "trace_folder.h"

#include <errno.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "text.h"

/* Not by the library's own search: that may mount it, which is the administrator's to do. */
int trace_folder_find(char *ret, size_t size)
{
	static const char debug[] = "/sys/kernel/debug/tracing";
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	bool found = false, readable = false;
	struct mntent entry;
	struct statfs fs;
	char buf[4096];

	while (mounts && !readable && getmntent_r(mounts, &entry, buf, sizeof(buf))) {
		if (strcmp(entry.mnt_type, "tracefs") != 0)
			continue;
		readable = !access(entry.mnt_dir, R_OK | X_OK);
		if (readable || !found)
			found = !text_copy(ret, size, entry.mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	if (!found && !statfs(debug, &fs) && fs.f_type == TRACEFS_MAGIC)
		found = !text_copy(ret, size, debug);
	return found ? 0 : -ENOENT;
}
