/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk.c - opens a user's disk, or says why not.  Follows what an image names only where that is allowed. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_kind.h"
#include "cleanup.h"
#include "disk_use.h"
#include "qcow2.h"
#include "qcow2_guest.h"
#include "text.h"

#define SECTOR 512
#define NAME   200 /* bytes of a file's name in a sentence */

/* Permissions as QEMU numbers them (BLK_PERM_*): a user of one locks byte 100 + it, who does not share one locks byte
 * 200 + it (block/file-posix.c). */
enum { PERM_READ = 0, PERM_WRITE = 1, PERM_RESIZE = 3, LOCK_USED = 100, LOCK_UNSHARED = 200 };

#define CONVERT "which qlaunch does not boot: qemu-img convert -O qcow2 makes one that it does"
#define UNPACK  "unpack it first"

static const struct magic {
	size_t at, len;
	const char *bytes, *what, *advice;
} magics[] = {
	{ 0, 4, "KDMV", "a VMDK image,", CONVERT },
	{ 0, 4, "COWD", "a VMDK image,", CONVERT },
	{ 0, 21, "# Disk DescriptorFile", "a VMDK image,", CONVERT },
	{ 0x40, 4, "\x7f\x10\xda\xbe", "a VDI image,", CONVERT },
	{ 0, 8, "vhdxfile", "a VHDX image,", CONVERT },
	/* in two, or the spelling check would mend it */
	{ 0, 8,
	  "conec"
	  "tix",
	  "a VHD image,", CONVERT },
	{ 0, 4, "QED\0", "a QED image,", CONVERT },
	{ 0, 6,
	  "LUKS"
	  "\xba\xbe",
	  "encrypted by LUKS:", "cryptsetup open gives a device that can be named" },
	{ 0, 2, "\x1f\x8b", "packed by gzip:", UNPACK },
	{ 0, 6,
	  "\xfd"
	  "7zXZ\0",
	  "packed by xz:", UNPACK },
	{ 0, 4, "\x28\xb5\x2f\xfd", "packed by zstd:", UNPACK },
};

static void show(const struct disk *disk, char *ret)
{
	text_escape(disk->file, strlen(disk->file), ret, NAME);
}

static int explain_open(const struct disk *disk, const char *name, const struct stat *st,
                        struct err *err)
{
	if (errno == EBUSY)
		return disk_use_explain(st, name, err);
	if ((errno == EACCES || errno == EPERM || errno == EROFS) && !disk->readonly)
		return err_set(err, errno, "%s may not be written: %s (readonly=on only reads it)",
		               name, strerror(errno));
	return err_sys(err, "%s", name);
}

static int check_kind(const struct stat *st, const char *name, struct err *err)
{
	if (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode))
		return 0;
	if (S_ISDIR(st->st_mode))
		return err_set(err, EISDIR, "%s is a folder, no disk", name);
	return err_set(err, EINVAL, "%s is neither a file nor a block device", name);
}

/* O_NONBLOCK only for the open: a FIFO must not hang it, but on an open file it makes io_uring give up (EAGAIN) where
 * it should wait.  O_EXCL on a block device fails where it, or a part of it, is mounted. */
static int open_it(const struct disk *disk, const char *name, struct disk_info *info,
                   struct err *err)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (disk->readonly ? O_RDONLY : O_RDWR);
	struct stat st;
	int rc;

	if (stat(disk->file, &st) < 0)
		return err_sys(err, "%s", name);
	rc = check_kind(&st, name, err);
	if (rc < 0)
		return rc;
	info->fd = open(disk->file, flags | (S_ISBLK(st.st_mode) ? O_EXCL : 0));
	if (info->fd < 0)
		return explain_open(disk, name, &st, err);
	info->block_device = S_ISBLK(st.st_mode);
	if (fstat(info->fd, &st) < 0)
		return err_sys(err, "%s", name);
	if (S_ISBLK(st.st_mode) != info->block_device || check_kind(&st, name, err) < 0)
		return err_set(err, EINVAL, "%s changed while it was opened", name);
	info->bytes = (uint64_t)st.st_size;
	if (info->block_device && ioctl(info->fd, BLKGETSIZE64, &info->bytes) < 0)
		return err_sys(err, "%s: size", name);
	if (fcntl(info->fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return err_sys(err, "%s", name);
	if (!realpath(disk->file, info->path))
		return err_sys(err, "%s", name);
	return 0;
}

/* File systems without such locks answer with an error; QEMU then does without them, too. */
static bool is_locked(int fd, off_t at)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = at,
		.l_len = 1,
	};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* What QEMU itself will ask in a moment, when it would be too late for a sentence. */
static int check_locks(const struct disk *disk, const char *name, const struct disk_info *info,
                       struct err *err)
{
	bool taken = is_locked(info->fd, LOCK_UNSHARED + PERM_READ) ||
	             is_locked(info->fd, LOCK_USED + PERM_WRITE) ||
	             is_locked(info->fd, LOCK_USED + PERM_RESIZE);

	if (!disk->readonly)
		taken |= is_locked(info->fd, LOCK_UNSHARED + PERM_WRITE) ||
		         is_locked(info->fd, LOCK_UNSHARED + PERM_RESIZE);
	if (!taken)
		return 0;
	return err_set(err, EBUSY, "%s is in use by another QEMU (or qemu-img): end that first",
	               name);
}

static int explain_kind(const unsigned char *head, size_t len, const char *name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		const struct magic *magic = &magics[i];

		if (len < magic->at + magic->len ||
		    memcmp(head + magic->at, magic->bytes, magic->len))
			continue;
		return err_set(err, EINVAL, "%s is %s %s", name, magic->what, magic->advice);
	}
	return err_set(
	        err, EINVAL,
	        "%s is no disk image that qlaunch knows: --disk file=...,format=raw if it is a "
	        "raw one",
	        name);
}

/* A raw image has no name tag; what boots from it does: the boot signature of a master boot record. */
static int check_raw(const struct disk *disk, const char *name, struct disk_info *info,
                     struct err *err)
{
	unsigned char head[BOOT_KIND_BYTES];
	ssize_t len;

	if (!info->bytes)
		return err_set(err, EINVAL, "%s is empty", name);
	len = pread(info->fd, head, sizeof(head), 0);
	if (len < 0)
		return err_sys(err, "%s", name);
	info->uefi_only = len == (ssize_t)sizeof(head) && boot_kind_is_uefi_only(head);
	if (disk->format == DISK_RAW || info->block_device)
		return 0;
	if (len >= SECTOR && head[510] == 0x55 && head[511] == 0xaa)
		return 0;
	return explain_kind(head, (size_t)len, name, err);
}

static int check_qcow2(const struct disk *disk, const struct qcow2_header *header,
                       bool allow_backing, const char *name, struct disk_info *info,
                       struct err *err)
{
	unsigned char head[BOOT_KIND_BYTES];

	info->qcow2 = true;
	info->bytes = header->virtual_bytes;
	info->has_backing = header->has_backing;
	text_escape(header->backing, strlen(header->backing), info->backing, sizeof(info->backing));
	info->uefi_only = qcow2_guest_read(info->fd, header, head, sizeof(head)) &&
	                  boot_kind_is_uefi_only(head);
	if (header->crypt_method)
		return err_set(
		        err, EINVAL,
		        "%s is encrypted (%s), and qlaunch passes QEMU no key: qemu-img convert "
		        "--image-opts makes a plain copy",
		        name, header->crypt_method == 1 ? "AES" : "LUKS");
	if (header->is_corrupt && !disk->readonly)
		return err_set(
		        err, EINVAL,
		        "%s is marked as corrupt, and QEMU does not write to it: qemu-img check "
		        "-r all repairs it, readonly=on or --snapshot only reads it",
		        name);
	if (header->has_data_file)
		return err_set(err, EINVAL,
		               "%s keeps its data in another file, which qlaunch does not follow: "
		               "qemu-img convert makes one file of it",
		               name);
	if (header->has_backing && !allow_backing)
		return err_set(err, EINVAL,
		               "%s names the backing file '%.200s': --backing allow, if you trust "
		               "it",
		               name, info->backing);
	return 0;
}

static int check_format(const struct disk *disk, bool allow_backing, const char *name,
                        struct disk_info *info, struct err *err)
{
	struct qcow2_header header;
	int rc;

	/* said to be raw, it is: a guest may write any header into its disk */
	if (disk->format == DISK_RAW)
		return check_raw(disk, name, info, err);
	rc = qcow2_read(info->fd, &header, err);
	if (rc < 0)
		return err_in(err, "%s", name);
	if (rc == 1)
		return check_qcow2(disk, &header, allow_backing, name, info, err);
	if (disk->format == DISK_QCOW2)
		return err_set(err, EINVAL, "%s is no qcow2 image, though format=qcow2 was said",
		               name);
	return check_raw(disk, name, info, err);
}

int disk_set_direct(int fd, const char *path, struct err *err)
{
	char name[NAME];
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && !fcntl(fd, F_SETFL, flags | O_DIRECT))
		return 0;
	text_escape(path, strlen(path), name, sizeof(name));
	if (errno == EINVAL)
		return err_set(err, EINVAL,
		               "--cache none or directsync: the file system of %s does not support "
		               "O_DIRECT (--cache writeback does without)",
		               name);
	return err_sys(err, "%s", name);
}

static bool backing_path(const char *image, const struct qcow2_header *header,
                         char ret[SPEC_PATH_MAX])
{
	const char *slash = strrchr(image, '/');
	const char *name = header->backing + (strncmp(header->backing, "file:", 5) ? 0 : 5);
	int folder = slash ? (int)(slash - image) + 1 : 0;

	return snprintf(ret, SPEC_PATH_MAX, "%.*s%s", name[0] == '/' ? 0 : folder, image, name) <
	       SPEC_PATH_MAX;
}

int disk_backing(const char *image, char ret[SPEC_PATH_MAX])
{
	CLEANUP(fd_close) int fd = open(image, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct qcow2_header header;

	if (fd < 0 || qcow2_read(fd, &header, NULL) != 1 || !header.has_backing)
		return 0;
	return backing_path(image, &header, ret);
}

/* What it is, is said by the image before it: a guest may have written any header into a raw one. */
static bool open_layer(const char *path, const char *format, struct qemu_layer *ret,
                       struct qcow2_header *header)
{
	int fd = ret->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool raw = !strcmp(format, "raw");
	struct stat st;

	*header = (struct qcow2_header){ 0 };
	if (fd < 0 || fstat(fd, &st) || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) ||
	    fcntl(fd, F_SETFL, O_RDONLY))
		return false;
	ret->block_device = S_ISBLK(st.st_mode);
	ret->qcow2 = !raw;
	return raw ||
	       ((!format[0] || !strcmp(format, "qcow2")) && qcow2_read(fd, header, NULL) == 1 &&
	        !header->has_data_file && !header->crypt_method);
}

static void close_layers(struct disk_info *info)
{
	for (int i = 0; i < info->nr_layers; i++)
		fd_close(&info->layer[i].fd);
	info->nr_layers = 0;
}

static void open_layers(struct disk_info *info)
{
	char image[SPEC_PATH_MAX], backing[SPEC_PATH_MAX], format[16];
	struct qcow2_header header;
	bool whole = qcow2_read(info->fd, &header, NULL) == 1;

	text_copy(image, sizeof(image), info->path);
	while (whole && header.has_backing) {
		whole = info->nr_layers < QEMU_LAYERS_MAX && backing_path(image, &header, backing);
		if (!whole)
			break;
		text_copy(format, sizeof(format), header.backing_format);
		whole = open_layer(backing, format, &info->layer[info->nr_layers++], &header);
		memcpy(image, backing, sizeof(image));
	}
	if (!whole)
		close_layers(info);
}

int disk_open(const struct disk *disk, bool allow_backing, struct disk_info *ret, struct err *err)
{
	CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
	char name[NAME];
	int rc;

	show(disk, name);
	rc = open_it(disk, name, &info, err);
	if (!rc)
		rc = disk_use_check(info.fd, disk->readonly, name, "", err);
	if (!rc)
		rc = check_format(disk, allow_backing, name, &info, err);
	if (!rc)
		rc = check_locks(disk, name, &info, err);
	if (rc < 0)
		return rc;
	if (info.has_backing)
		open_layers(&info);
	*ret = info;
	info = (struct disk_info){ .fd = -1 };
	return 0;
}

void disk_info_done(struct disk_info *info)
{
	fd_close(&info->fd);
	close_layers(info);
}
