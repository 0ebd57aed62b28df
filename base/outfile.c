/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outfile.c - opens files to write to.  Knows no content. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

/* not in <linux/magic.h> */
#define CONFIGFS_MAGIC 0x62656570
#define FUSECTL_MAGIC  0x65735543
#define MQUEUE_MAGIC   0x19800202
#define NFSD_MAGIC     0x6e667364
#define PART_LENGTH    14 /* of ".01234567.part" */

static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* A write to one of these is an order to the kernel. */
static bool is_kernel_fs(int fd)
{
	static const long magics[] = {
		PROC_SUPER_MAGIC,     SYSFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		DEBUGFS_MAGIC,        TRACEFS_MAGIC,  SECURITYFS_MAGIC,   CONFIGFS_MAGIC,
		BPF_FS_MAGIC,         EFIVARFS_MAGIC, PSTOREFS_MAGIC,     BINFMTFS_MAGIC,
		RDTGROUP_SUPER_MAGIC, SELINUX_MAGIC,  SMACK_MAGIC,        NSFS_MAGIC,
		FUSECTL_MAGIC,        MQUEUE_MAGIC,   NFSD_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if ((long)fs.f_type == magics[i])
			return true;
	}
	return false;
}

/* /dev itself and folders of its file system: what is made there by mistake hides in memory until the next boot. */
static bool is_dev(int folder_fd)
{
	struct stat folder, dev, root;

	if (fstat(folder_fd, &folder) || stat("/dev", &dev) || stat("/", &root))
		return false;
	if (folder.st_dev == dev.st_dev && folder.st_ino == dev.st_ino)
		return true;
	return dev.st_dev != root.st_dev && folder.st_dev == dev.st_dev;
}

static int check_folder(int folder_fd, const char *path, struct err *err)
{
	if (is_dev(folder_fd))
		return err_set(err, EINVAL,
		               "%s does not exist, and /dev is not a place for files: name a file "
		               "elsewhere, - or /dev/null",
		               path);
	if (is_kernel_fs(folder_fd))
		return err_set(err, EINVAL,
		               "%s is in a file system of the kernel's: not a place for "
		               "files",
		               path);
	return 0;
}

static const char *kind_name(mode_t mode)
{
	return S_ISBLK(mode)    ? "a block device"
	       : S_ISCHR(mode)  ? "a character device"
	       : S_ISDIR(mode)  ? "a folder"
	       : S_ISSOCK(mode) ? "a socket"
	       : S_ISFIFO(mode) ? "a FIFO"
	                        : "not a regular file";
}

/* Whose file is it?  In a folder of another user's, root may write to that user's files.  Where several users may
 * write, a file of somebody else's may have been put there for us to find. */
static int check_owner(int folder_fd, const struct stat *st, const char *path, struct err *err)
{
	struct stat folder;

	if (st->st_nlink > 1)
		return err_set(err, EPERM,
		               "%s has %lu names (hard links): writing to it would change the "
		               "others",
		               path, (unsigned long)st->st_nlink);
	if (st->st_uid == geteuid())
		return 0;
	if (fstat(folder_fd, &folder))
		return err_sys(err, "%s", path);
	if (st->st_uid == folder.st_uid && !place_others_write(&folder))
		return 0;
	return err_set(err, EPERM, "%s belongs to uid %u, not to you (uid %u)", path, st->st_uid,
	               geteuid());
}

/* Of what O_PATH looked at: opening a device may already do something. */
static int reopen(int path_fd, int flags, const char *path, struct err *err)
{
	char magic[64];
	int fd;

	snprintf(magic, sizeof(magic), "/proc/self/fd/%d", path_fd);
	fd = open(magic, flags | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENXIO)
		return err_set(err, ENXIO, "%s is a FIFO that nobody reads: start its reader first",
		               path);
	return fd < 0 ? err_sys(err, "%s", path) : fd;
}

static int open_found(int path_fd, struct outfile *file, const char *path, struct err *err)
{
	struct stat st;
	int rc = 0, flags = O_WRONLY | O_APPEND;

	if (fstat(path_fd, &st))
		return err_sys(err, "%s", path);
	if (S_ISREG(st.st_mode)) {
		if (is_kernel_fs(path_fd))
			return err_set(err, EINVAL, "%s is a file of the kernel's", path);
		rc = check_owner(file->place.folder_fd, &st, path, err);
		flags = O_RDWR | O_APPEND;
	} else if (S_ISFIFO(st.st_mode)) {
		/* whose it is reads what is written */
		rc = place_is_trusted(&st) ? 0 : check_owner(file->place.folder_fd, &st, path, err);
		flags = O_WRONLY | O_NONBLOCK;
	} else if (!is_null_device(&st)) {
		return err_set(err, EINVAL, "%s is %s: an output is a file, a FIFO or /dev/null",
		               path, kind_name(st.st_mode));
	}
	if (rc)
		return rc;
	file->is_stream = !S_ISREG(st.st_mode);
	file->fd = reopen(path_fd, flags, path, err);
	return file->fd < 0 ? -err->code : 0;
}

/* The number of a descriptor that the path names; -1. */
static int named_fd(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t fd;

	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		size_t len = strlen(folders[i]);

		if (!strncmp(path, folders[i], len) &&
		    !text_parse_u64(path + len, 0, INT_MAX, &fd, NULL))
			return (int)fd;
	}
	return -1;
}

/* Only what the caller of qlaunch opened: our own all have FD_CLOEXEC. */
static int open_fd(int fd, struct outfile *file, const char *path, struct err *err)
{
	int has = fcntl(fd, F_GETFD), mode = fcntl(fd, F_GETFL);
	struct stat st;

	if (has < 0 || (fd > STDERR_FILENO && (has & FD_CLOEXEC)) || fstat(fd, &st))
		return err_set(err, EBADF, "%s: descriptor %d is not open", path, fd);
	if (fd == STDIN_FILENO || (mode & O_ACCMODE) == O_RDONLY)
		return err_set(err, EBADF, "%s: descriptor %d is not open for writing", path, fd);
	if (S_ISREG(st.st_mode) && fd > STDERR_FILENO)
		return open_found(fd, file, path, err);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode) &&
	    !is_null_device(&st) && !isatty(fd))
		return err_set(err, EINVAL, "%s: descriptor %d is %s", path, fd,
		               kind_name(st.st_mode));
	file->is_stdout = fd == STDOUT_FILENO;
	file->is_stream = true;
	file->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return file->fd < 0 ? err_sys(err, "%s", path) : 0;
}

static int create(struct outfile *file, int flags, const char *path, struct err *err)
{
	file->fd = openat(file->place.folder_fd, file->place.name,
	                  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	if (file->fd < 0)
		return err_sys(err, "%s", path);
	file->made = true;
	return 0;
}

static int open_named(struct outfile *file, const char *path, struct err *err)
{
	CLEANUP(fd_close) int found = -1;
	struct place *place = &file->place;
	int rc = place_find(path, place, err);

	if (rc)
		return rc;
	found = openat(place->folder_fd, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (found >= 0)
		return open_found(found, file, path, err);
	if (errno != ENOENT)
		return err_sys(err, "%s", path);
	rc = check_folder(place->folder_fd, path, err);
	return rc ? rc : create(file, O_APPEND, path, err);
}

int outfile_open(const char *path, struct outfile *ret, struct err *err)
{
	int fd = named_fd(path), rc;

	*ret = OUTFILE_NONE;
	rc = fd >= 0 ? open_fd(fd, ret, path, err) : open_named(ret, path, err);
	if (rc)
		outfile_close(ret);
	return rc;
}

int outfile_new(int folder_fd, const char *name, struct outfile *ret, struct err *err)
{
	int rc;

	*ret = OUTFILE_NONE;
	if (text_copy(ret->place.name, sizeof(ret->place.name), name))
		return err_set(err, ENAMETOOLONG, "%.80s: the name is too long", name);
	ret->place.folder_fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
	rc = ret->place.folder_fd < 0 ? err_sys(err, "%s", name) : create(ret, O_APPEND, name, err);
	if (rc)
		outfile_close(ret);
	return rc;
}

/* May a new file have this name? */
static int check_name(const struct place *place, const char *path, bool may_replace,
                      struct err *err)
{
	struct stat st;

	if (fstatat(place->folder_fd, place->name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? check_folder(place->folder_fd, path, err)
		                       : err_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s is %s, not a regular file", path,
		               kind_name(st.st_mode));
	if (!may_replace)
		return err_set(err, EEXIST,
		               "%s exists: name a new file, or --overwrite replaces it", path);
	return check_owner(place->folder_fd, &st, path, err);
}

int outfile_check_new(const char *path, bool may_replace, struct err *err)
{
	CLEANUP(place_done) struct place place = { .folder_fd = -1 };
	int rc = place_find(path, &place, err);

	if (!rc)
		rc = check_name(&place, path, may_replace, err);
	if (!rc && faccessat(place.folder_fd, ".", W_OK | X_OK, AT_EACCESS))
		rc = err_sys(err, "%s: no file can be made there", path);
	return rc;
}

/* A name that nobody has, so nothing is removed for it. */
static int create_part(struct outfile *file, const char *path, struct err *err)
{
	size_t len = strlen(file->place.name);
	uint32_t dice;

	if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
		return err_sys(err, "getrandom");
	if (len + PART_LENGTH > NAME_MAX)
		return err_set(err, ENAMETOOLONG, "%s: the name is too long", path);
	snprintf(file->place.name + len, PART_LENGTH + 1, ".%08x.part", dice);
	return create(file, 0, path, err); /* some formats are not written in order */
}

int outfile_begin(const char *path, bool may_replace, struct outfile *ret, struct err *err)
{
	int rc;

	*ret = OUTFILE_NONE;
	rc = place_find(path, &ret->place, err);
	if (!rc)
		rc = check_name(&ret->place, path, may_replace, err);
	if (!rc)
		rc = create_part(ret, path, err);
	if (rc)
		outfile_close(ret);
	return rc;
}

/* NFS has no RENAME_NOREPLACE; FAT has no hard links. */
static int rename_new(int folder_fd, const char *from, const char *to)
{
	if (!renameat2(folder_fd, from, folder_fd, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(folder_fd, from, folder_fd, to, 0))
		return -1;
	return unlinkat(folder_fd, from, 0);
}

int outfile_finish(struct outfile *file, const char *path, bool may_replace, struct err *err)
{
	struct place *place = &file->place, to = *place;
	int rc;

	to.name[strlen(to.name) - PART_LENGTH] = '\0';
	rc = check_name(&to, path, may_replace, err);
	if (rc)
		return rc;
	if (may_replace ? renameat(place->folder_fd, place->name, place->folder_fd, to.name)
	                : rename_new(place->folder_fd, place->name, to.name))
		return err_sys(err, "%s", path);
	memcpy(place->name, to.name, sizeof(to.name));
	return 0;
}

void outfile_remove(const struct outfile *file)
{
	const struct place *place = &file->place;
	struct stat mine, named;

	if (place->folder_fd < 0 || file->fd < 0 || fstat(file->fd, &mine) ||
	    fstatat(place->folder_fd, place->name, &named, AT_SYMLINK_NOFOLLOW))
		return;
	if (mine.st_dev == named.st_dev && mine.st_ino == named.st_ino)
		unlinkat(place->folder_fd, place->name, 0);
}

void outfile_sync_name(const struct outfile *file)
{
	CLEANUP(fd_close)
	int fd = file->place.folder_fd < 0
	                 ? -1
	                 : openat(file->place.folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

void outfile_close(struct outfile *file)
{
	fd_close(&file->fd);
	place_done(&file->place);
}
