/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_folder.c - by the mounts, where debugfs mounts it when somebody looks, or a mount of our own.  Source:
 * fsopen(2), fsmount(2). */
#include "trace_folder.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

#define OWN_FDS "/proc/self/fd"

static bool is_tracefs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == TRACEFS_MAGIC;
}

/* The descriptor itself is the memory of a mount that no list shows: its root is "/proc/self/fd/N". */
static bool find_held(char *ret, size_t size)
{
	CLEANUP(dir_close) DIR *dir = opendir(OWN_FDS);
	struct dirent *entry;
	char target[8];

	while (dir && (entry = readdir(dir))) {
		char path[64];
		ssize_t n;

		if (entry->d_name[0] == '.' || strlen(entry->d_name) > 10)
			continue;
		snprintf(path, sizeof(path), OWN_FDS "/%.10s", entry->d_name);
		n = readlink(path, target, sizeof(target));
		if (n == 1 && target[0] == '/' && is_tracefs(path))
			return !text_copy(ret, size, path);
	}
	return false;
}

/* Not by the library's own search: that may mount it where everybody sees it, which is the administrator's to do. */
int trace_folder_find(char *ret, size_t size)
{
	static const char debug[] = "/sys/kernel/debug/tracing";
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	bool found = false, readable = false;
	struct mntent entry;
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
	if (!found && is_tracefs(debug))
		found = !text_copy(ret, size, debug);
	if (!readable)
		found |= find_held(ret, size);
	return found ? 0 : -ENOENT;
}

int trace_folder_mount(struct err *err)
{
	CLEANUP(fd_close) int fs = -1;
	char path[4096];
	int fd;

	if (!trace_folder_find(path, sizeof(path)))
		return 0;
	fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return err_sys(err, "tracefs is not mounted, and qlaunch cannot mount it");
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
	                  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	/* it stays open: trace_folder_find() finds it */
	return fd < 0 ? err_sys(err, "tracefs is not mounted, and qlaunch cannot mount it") : 0;
}
