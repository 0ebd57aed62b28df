/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk_use.c - looks for the users of a disk in sysfs and procfs.  Changes nothing. */
#include "disk_use.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

#define USE_MAX    400
#define DEVICE_MAX 64
#define PATH_ROOM  4400 /* a path in a sysfs file, and a word */

/* "\040" is a space in procfs' lists.  In place. */
static void decode_octal(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		    at[3] >= '0' && at[3] <= '7') {
			*to++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 3;
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
}

/* The device itself where st is one; else the same file. */
static bool is_same(const struct stat *st, const char *path)
{
	struct stat other;

	if (stat(path, &other))
		return false;
	if (S_ISBLK(st->st_mode))
		return S_ISBLK(other.st_mode) && st->st_rdev == other.st_rdev;
	return st->st_dev == other.st_dev && st->st_ino == other.st_ino;
}

/* "36 35 8:1 / /boot rw - ext4 /dev/sda1 rw": by number, or by the source's, as btrfs has numbers of its own. */
static bool find_mount(const struct stat *device, char *ret, size_t size)
{
	CLEANUP(file_close) FILE *file = fopen("/proc/self/mountinfo", "re");
	CLEANUP(str_free) char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		char where[2048], source[2048];
		unsigned int major, minor;
		const char *tail = strstr(line, " - ");
		bool same;

		if (!tail || sscanf(line, "%*d %*d %u:%u %*s %2047s", &major, &minor, where) != 3 ||
		    sscanf(tail, " - %*s %2047s", source) != 1)
			continue;
		same = makedev(major, minor) == device->st_rdev;
		decode_octal(source);
		if (!same && (source[0] != '/' || !is_same(device, source)))
			continue;
		decode_octal(where);
		text_escape(where, strlen(where), ret, size);
		return true;
	}
	return false;
}

static bool is_swap(const struct stat *st, const char *root)
{
	CLEANUP(file_close) FILE *file = NULL;
	CLEANUP(str_free) char *line = NULL;
	char path[PATH_ROOM];
	size_t room = 0;

	snprintf(path, sizeof(path), "%s/proc/swaps", root);
	file = fopen(path, "re");
	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, " \t\n")] = '\0';
		decode_octal(line);
		if (line[0] == '/' && is_same(st, line))
			return true;
	}
	return false;
}

/* The first entry of a device's holders/: a device-mapper or md device that is made of it. */
static bool find_holder(const char *sys, char *ret, size_t size)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	struct dirent *entry;
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "%s/holders", sys);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		char name[DEVICE_MAX];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/holders/%s/dm/name", sys, entry->d_name);
		if (text_read_file(path, name, sizeof(name), NULL) >= 0)
			snprintf(ret, size, "%.40s (%.60s)", entry->d_name, name);
		else
			snprintf(ret, size, "%.40s", entry->d_name);
		return true;
	}
	return false;
}

/* One device, by its folder in sysfs. */
static bool find_use(const char *sys, char *ret, size_t size)
{
	struct stat device = { .st_mode = S_IFBLK };
	char path[PATH_ROOM], number[32], what[USE_MAX / 2];
	const char *name = strrchr(sys, '/');
	unsigned int major, minor;

	snprintf(path, sizeof(path), "%s/dev", sys);
	if (text_read_file(path, number, sizeof(number), NULL) < 0 ||
	    sscanf(number, "%u:%u", &major, &minor) != 2)
		return false;
	device.st_rdev = makedev(major, minor);
	name = name ? name + 1 : sys;
	if (find_mount(&device, what, sizeof(what)))
		snprintf(ret, size, "%.40s is mounted on %.200s", name, what);
	else if (find_holder(sys, what, sizeof(what)))
		snprintf(ret, size, "%.40s is a part of %.120s", name, what);
	else if (is_swap(&device, ""))
		snprintf(ret, size, "%.40s is swap", name);
	else
		return false;
	return true;
}

/* The device, its partitions, and the disk that it is a partition of: the kernel holds all of them together. */
static bool find_use_around(const struct stat *device, char *ret, size_t size)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	char link[64], sys[PATH_MAX], path[PATH_ROOM];
	struct dirent *entry;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(device->st_rdev),
	         minor(device->st_rdev));
	if (!realpath(link, sys))
		return false;
	if (find_use(sys, ret, size))
		return true;
	dir = opendir(sys);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s/partition", sys, entry->d_name);
		if (entry->d_name[0] == '.' || access(path, F_OK))
			continue;
		*strrchr(path, '/') = '\0';
		if (find_use(path, ret, size))
			return true;
	}
	snprintf(path, sizeof(path), "%s/partition", sys);
	if (access(path, F_OK))
		return false;
	*strrchr(sys, '/') = '\0';
	return find_use(sys, ret, size);
}

int disk_use_explain(const struct stat *device, const char *name, struct err *err)
{
	char use[USE_MAX];

	if (find_use_around(device, use, sizeof(use)))
		return err_set(err, EBUSY, "%s is in use by this host: %s; free it first", name,
		               use);
	return err_set(err, EBUSY, "%s is mounted or in use by this host: free it first", name);
}

/* Whoever may open the device learns its file's inode: another mount namespace may give this file's name to another
 * file, or another name to this one.  Some file systems number their devices in two ways, so the name may do as well. */
static bool loop_has(const char *device, const char *path, const struct stat *st)
{
	CLEANUP(fd_close) int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct loop_info64 info;

	if (S_ISBLK(st->st_mode) || fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info))
		return is_same(st, path);
	return info.lo_inode == st->st_ino && (info.lo_device == st->st_dev || is_same(st, path));
}

/* sys/block/loopN/loop/backing_file.  A loop device that only reads disturbs no reader. */
static int check_loop(const char *file, const char *path, const struct stat *st, bool readonly,
                      const char *name, struct err *err)
{
	char sys[PATH_ROOM], device[PATH_ROOM], use[USE_MAX], ro[8];
	struct stat loop;
	char *end;

	snprintf(sys, sizeof(sys), "%s", file);
	end = strstr(sys, "/loop/backing_file");
	if (!end)
		return 0;
	*end = '\0';
	snprintf(device, sizeof(device), "/dev/%s", strrchr(sys, '/') + 1);
	if (!loop_has(device, path, st))
		return 0;
	snprintf(end, sizeof(sys) - (size_t)(end - sys), "/ro");
	if (readonly && text_read_file(sys, ro, sizeof(ro), NULL) > 0 && !strcmp(ro, "1"))
		return 0;
	if (!stat(device, &loop) && S_ISBLK(loop.st_mode) &&
	    find_use_around(&loop, use, sizeof(use)))
		return err_set(err, EBUSY,
		               "%s is in use by this host: it is behind %s, and %s; free it first",
		               name, device, use);
	return err_set(err, EBUSY,
	               "%s is in use by this host: it is behind %s; losetup -d %s frees it", name,
	               device, device);
}

static int check_export(const char *file, const char *path, const struct stat *st, bool readonly,
                        const char *name, struct err *err)
{
	(void)readonly;
	if (!is_same(st, path))
		return 0;
	return err_set(err, EBUSY, "%s is in use by this host: %.200s exports it; free it first",
	               name, file);
}

/* Files of sysfs that hold the name of a file or device which the kernel itself reads and writes. */
static const struct {
	const char *pattern;
	int (*check)(const char *file, const char *path, const struct stat *st, bool readonly,
	             const char *name, struct err *err);
} users[] = {
	{ "/sys/block/loop*/loop/backing_file", check_loop },
	{ "/sys/kernel/config/nvmet/subsystems/*/namespaces/*/device_path", check_export },
	{ "/sys/kernel/config/target/core/*/*/udev_path", check_export },
	{ "/sys/kernel/config/usb_gadget/*/functions/mass_storage.*/lun.*/file", check_export },
};

static int check_user(size_t i, const struct stat *st, bool readonly, const char *name,
                      const char *root, struct err *err)
{
	char pattern[PATH_ROOM], path[PATH_ROOM];
	glob_t found;
	int rc = 0;

	snprintf(pattern, sizeof(pattern), "%s%s", root, users[i].pattern);
	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return 0;
	for (size_t f = 0; f < found.gl_pathc && !rc; f++) {
		if (text_read_file(found.gl_pathv[f], path, sizeof(path), NULL) < 0)
			path[0] = '\0';
		rc = users[i].check(found.gl_pathv[f], path, st, readonly, name, err);
	}
	globfree(&found);
	return rc;
}

/* Other hypervisors, and a qlaunch that writes its results, lock the whole file.  Tried, and let go at once. */
static int check_flock(int fd, bool readonly, const char *name, struct err *err)
{
	if (!flock(fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB)) {
		flock(fd, LOCK_UN);
		return 0;
	}
	return errno != EWOULDBLOCK
	               ? 0
	               : err_set(err, EBUSY, "%s is in use: another program has locked it (flock)",
	                         name);
}

int disk_use_check(int fd, bool readonly, const char *name, const char *root, struct err *err)
{
	struct stat st;
	int rc = 0;

	if (fstat(fd, &st))
		return err_sys(err, "%s", name);
	if (is_swap(&st, root))
		return err_set(err, EBUSY, "%s is this host's swap: swapoff it first", name);
	for (size_t i = 0; i < ARRAY_SIZE(users) && !rc; i++)
		rc = check_user(i, &st, readonly, name, root, err);
	/* udev locks a device for a moment at each change */
	return rc || S_ISBLK(st.st_mode) ? rc : check_flock(fd, readonly, name, err);
}

int disk_use_check_name(const char *path, bool readonly, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char name[200];
	struct stat st;

	text_escape(path, strlen(path), name, sizeof(name));
	if (stat(path, &st) || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (S_ISBLK(st.st_mode) ? O_EXCL : 0));
	if (fd < 0 && errno == EBUSY)
		return disk_use_explain(&st, name, err);
	return fd < 0 ? 0 : disk_use_check(fd, readonly, name, "", err);
}
