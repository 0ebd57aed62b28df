/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs.c - packs the guest's root in memory and keeps it in the cache.  Knows neither QEMU nor the network. */
#include "initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "modules.h"
#include "text.h"
#include "tree.h"
#include "unpack.h"

enum { FILE_MAX = 64 << 20 }; /* of one member: a module is 100 KiB, a static qload 1 MiB */

struct cpio {
	struct archive *archive;
	int next_inode;
	char *bytes;
	size_t len, room;
};

static void cpio_done(struct cpio *cpio)
{
	if (cpio->archive)
		archive_write_free(cpio->archive);
	str_free(&cpio->bytes);
	*cpio = (struct cpio){ 0 };
}

static ssize_t keep(struct archive *a, void *data, const void *bytes, size_t len)
{
	struct cpio *cpio = data;

	if (cpio->room - cpio->len < len) {
		size_t room = 2 * cpio->room + len;
		char *more = realloc(cpio->bytes, room);

		if (!more) {
			archive_set_error(a, ENOMEM, "out of memory");
			return -1;
		}
		cpio->bytes = more;
		cpio->room = room;
	}
	memcpy(cpio->bytes + cpio->len, bytes, len);
	cpio->len += len;
	return (ssize_t)len;
}

/*
 * Not compressed: the kernel unpacks in one go before it starts /init, and under TCG unpacking gzip takes longer than
 * copying.  No padding to tape blocks.
 */
static int cpio_open(struct cpio *cpio, struct err *err)
{
	cpio->archive = archive_write_new();
	if (!cpio->archive || archive_write_set_format_cpio_newc(cpio->archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(cpio->archive, 1) != ARCHIVE_OK ||
	    archive_write_open(cpio->archive, cpio, NULL, keep, NULL) != ARCHIVE_OK)
		return err_set(err, ENOMEM, "initramfs: libarchive cannot write a cpio");
	return 0;
}

static void entry_free(struct archive_entry **entry)
{
	if (*entry)
		archive_entry_free(*entry);
	*entry = NULL;
}

/* Root's, of 1970, numbered in order: nothing of the machine gets in, so the same inputs give the same bytes. */
static int add(struct cpio *cpio, const char *name, mode_t mode, const char *bytes, size_t len,
               struct err *err)
{
	CLEANUP(entry_free) struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return err_set(err, ENOMEM, "out of memory");
	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_dev(entry, 0);
	archive_entry_set_ino64(entry, ++cpio->next_inode);
	archive_entry_set_nlink(entry, S_ISDIR(mode) ? 2 : 1);
	archive_entry_set_size(entry, (int64_t)len);
	if (S_ISCHR(mode)) { /* there is one: the console */
		archive_entry_set_rdevmajor(entry, 5);
		archive_entry_set_rdevminor(entry, 1);
	}
	if (archive_write_header(cpio->archive, entry) != ARCHIVE_OK ||
	    (len && archive_write_data(cpio->archive, bytes, len) != (ssize_t)len))
		return err_set(err, EIO, "initramfs: %s: %s", name,
		               archive_error_string(cpio->archive));
	return 0;
}

static int add_file(struct cpio *cpio, const char *name, mode_t mode, const char *path,
                    struct err *err)
{
	CLEANUP(str_free) char *bytes = NULL;
	size_t len;
	int r = unpack_file(path, FILE_MAX, &bytes, &len, err);

	return r < 0 ? r : add(cpio, name, mode, bytes, len, err);
}

/* Numbered, so that the order is plain to see, too. */
static int add_modules(struct cpio *cpio, const struct kernel *kernel, struct err *err)
{
	CLEANUP(str_free) char *list = NULL;
	struct modules modules;
	size_t used = 0, size;
	int r = modules_for_guest(kernel->modules, kernel->version, &modules, err);

	if (r < 0)
		return r;
	size = sizeof(modules.list[0].name) * 2 * MODULES_MAX;
	list = calloc(1, size);
	if (!list)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < modules.nr; i++) {
		char path[PATH_MAX], name[128];

		snprintf(name, sizeof(name), "modules/%03d-%s.ko", i, modules.list[i].name);
		r = tree_path(path, sizeof(path), err, "%s/%s", kernel->modules,
		              modules.list[i].file);
		if (r == 0)
			r = add_file(cpio, name, S_IFREG | 0644, path, err);
		if (r < 0)
			return r;
		used += (size_t)snprintf(list + used, size - used, "/%s\n", name);
	}
	return add(cpio, "modules.list", S_IFREG | 0644, list, used, err);
}

/* A folder before what is in it: the kernel makes no parents. */
static int build(struct cpio *cpio, const struct kernel *kernel, const char *qload_path,
                 struct err *err)
{
	static const char *const folders[] = { "dev", "modules", "proc", "sys" };
	int r = cpio_open(cpio, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = add(cpio, folders[i], S_IFDIR | 0755, NULL, 0, err);
	/* Without it the kernel gives /init no stdin, stdout and stderr. */
	if (r == 0)
		r = add(cpio, "dev/console", S_IFCHR | 0600, NULL, 0, err);
	if (r == 0)
		r = add_file(cpio, "init", S_IFREG | 0755, qload_path, err);
	if (r == 0)
		r = add_modules(cpio, kernel, err);
	if (r == 0 && archive_write_close(cpio->archive) != ARCHIVE_OK)
		r = err_set(err, EIO, "initramfs: %s", archive_error_string(cpio->archive));
	return r;
}

/* FNV-1a, 64 bits: a name for the cache, not a protection; a hit is compared byte by byte. */
static uint64_t hash(uint64_t h, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3;
	return h;
}

int initramfs_name(const struct kernel *kernel, const char *qload_path, const char *cache,
                   char *ret, size_t size, struct err *err)
{
	CLEANUP(str_free) char *qload = NULL;
	uint64_t h = 0xcbf29ce484222325;
	size_t len;
	int r = unpack_file(qload_path, FILE_MAX, &qload, &len, err);

	if (r < 0)
		return r;
	h = hash(h, kernel->modules, strlen(kernel->modules) + 1);
	h = hash(h, qload, len);
	return tree_path(ret, size, err, "%s/initramfs/%s-%016" PRIx64 ".cpio", cache,
	                 kernel->version, h);
}

static bool is_there(const char *path, const struct cpio *cpio)
{
	CLEANUP(file_close) FILE *file = fopen(path, "re");
	char buf[16 << 10];
	size_t at = 0, n;

	while (file && (n = fread(buf, 1, sizeof(buf), file))) {
		if (n > cpio->len - at || memcmp(buf, cpio->bytes + at, n) != 0)
			return false;
		at += n;
	}
	return file && at == cpio->len;
}

/* Whole or not there: written beside it under a name of our own, then renamed. */
static int store(const char *folder, const char *path, const struct cpio *cpio, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char tmp[PATH_MAX];
	int r = tree_path(tmp, sizeof(tmp), err, "%s/tmp-XXXXXX", folder);

	if (r < 0)
		return r;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s: cannot write there", folder);
	r = text_write_all(fd, cpio->bytes, cpio->len, err);
	if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0 || rename(tmp, path) < 0))
		r = err_sys(err, "%s", path);
	if (r < 0)
		unlink(tmp);
	return r;
}

int initramfs_make(const struct kernel *kernel, const char *qload_path, const char *cache,
                   char *ret, size_t size, struct err *err)
{
	CLEANUP(cpio_done) struct cpio cpio = { 0 };
	char folder[PATH_MAX], path[PATH_MAX];
	int r = build(&cpio, kernel, qload_path, err);

	if (r == 0)
		r = tree_path(folder, sizeof(folder), err, "%s/initramfs", cache);
	if (r == 0)
		r = initramfs_name(kernel, qload_path, cache, path, sizeof(path), err);
	if (r == 0)
		r = tree_make(folder, err);
	if (r == 0 && !is_there(path, &cpio))
		r = store(folder, path, &cpio, err);
	if (r < 0)
		return r;
	return tree_path(ret, size, err, "%s", path);
}
