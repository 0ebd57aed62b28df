/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack.c - libarchive, bounded.  Knows nothing of kernels but where a package keeps them. */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "stop.h"
#include "text.h"

enum { CHUNK = 64 << 10, FILES_MAX = 50000 };

#define BYTES_MAX (2ULL << 30) /* of all files of one package, unpacked */

static void reader_free(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
	*a = NULL;
}

static int err_archive(struct err *err, struct archive *a, const char *path)
{
	const char *why = archive_error_string(a);

	return err_set(err, EIO, "%s: cannot be unpacked: %s", path, why ? why : "damaged");
}

/* A .deb is an ar archive whose member data.tar.* is the tree: the inner reader reads from the outer one. */
struct member {
	struct archive *outer;
	char buf[CHUNK];
};

static ssize_t read_member(struct archive *inner, void *data, const void **ret)
{
	struct member *member = data;
	ssize_t n = archive_read_data(member->outer, member->buf, sizeof(member->buf));

	(void)inner;
	*ret = member->buf;
	return n < 0 ? ARCHIVE_FATAL : n;
}

/* "./usr/lib/modules/V/x" -> "lib/modules/V/x"; NULL for what is not wanted or not a plain path downwards. */
static const char *wanted_path(const char *name)
{
	if (!name)
		return NULL;
	if (strncmp(name, "./", 2) == 0)
		name += 2;
	if (strncmp(name, "usr/", 4) == 0)
		name += 4;
	if (strncmp(name, "boot/vmlinuz-", 13) != 0 && strncmp(name, "lib/modules/", 12) != 0)
		return NULL;
	for (const char *at = name; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (*at == '/' || (at[0] == '.' && (at[1] == '/' || at[1] == '\0')) ||
		    (at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == '\0')))
			return NULL;
	}
	return name;
}

static int make_parents(char *path, size_t from, struct err *err)
{
	for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return err_sys(err, "%s", path);
		*slash = '/';
	}
	return 0;
}

static int write_entry(struct archive *a, const char *path, uint64_t *total, struct err *err)
{
	CLEANUP(fd_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	char buf[CHUNK];
	ssize_t n;

	if (fd < 0)
		return err_sys(err, "%s", path);
	while ((n = archive_read_data(a, buf, sizeof(buf))) > 0) {
		int r;

		*total += (uint64_t)n;
		if (stop_wanted())
			return stop_explain(err);
		if (*total > BYTES_MAX)
			return err_set(err, EFBIG, "the package is too large for a kernel");
		r = text_write_all(fd, buf, (size_t)n, err);
		if (r < 0)
			return err_in(err, "%s", path);
	}
	if (n < 0)
		return err_archive(err, a, path);
	return 0;
}

static int unpack_tree(struct archive *a, const char *deb, const char *folder, struct err *err)
{
	struct archive_entry *entry;
	uint64_t total = 0;
	int nr_files = 0, r;

	while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		const char *name = wanted_path(archive_entry_pathname(entry));
		char path[PATH_MAX];

		if (stop_wanted())
			return stop_explain(err);
		if (!name || archive_entry_filetype(entry) != AE_IFREG ||
		    archive_entry_hardlink(entry))
			continue;
		if (++nr_files > FILES_MAX)
			return err_set(err, EFBIG, "%s: too many files for a kernel", deb);
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
			return err_set(err, ENAMETOOLONG, "%s: a path is too long", deb);
		r = make_parents(path, strlen(folder) + 1, err);
		if (r == 0)
			r = write_entry(a, path, &total, err);
		if (r < 0)
			return r;
	}
	return r == ARCHIVE_EOF ? 0 : err_archive(err, a, deb);
}

static int unpack_data(struct archive *outer, const char *deb, const char *folder, struct err *err)
{
	CLEANUP(reader_free) struct archive *inner = archive_read_new();
	struct member member = { .outer = outer };

	if (!inner)
		return err_set(err, ENOMEM, "out of memory");
	archive_read_support_format_tar(inner);
	archive_read_support_filter_xz(inner);
	archive_read_support_filter_zstd(inner);
	archive_read_support_filter_gzip(inner);
	if (archive_read_open(inner, &member, NULL, read_member, NULL) != ARCHIVE_OK)
		return err_archive(err, inner, deb);
	return unpack_tree(inner, deb, folder, err);
}

int unpack_kernel_deb(const char *deb, const char *folder, struct err *err)
{
	CLEANUP(reader_free) struct archive *outer = archive_read_new();
	struct archive_entry *entry;
	int r;

	if (!outer)
		return err_set(err, ENOMEM, "out of memory");
	archive_read_support_format_ar(outer);
	if (archive_read_open_filename(outer, deb, CHUNK) != ARCHIVE_OK)
		return err_archive(err, outer, deb);
	while ((r = archive_read_next_header(outer, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && strncmp(name, "data.tar", 8) == 0)
			return unpack_data(outer, deb, folder, err);
	}
	if (r != ARCHIVE_EOF)
		return err_archive(err, outer, deb);
	return err_set(err, EINVAL, "%s: no data.tar in it, so it is not a Debian package", deb);
}

static int read_bounded(struct archive *a, const char *path, size_t max, char **ret,
                        size_t *ret_len, struct err *err)
{
	CLEANUP(str_free) char *bytes = NULL;
	size_t len = 0, room = 0;
	ssize_t n;

	do {
		if (room - len < CHUNK) {
			char *more = realloc(bytes, room = 2 * room + CHUNK);

			if (!more)
				return err_set(err, ENOMEM, "out of memory");
			bytes = more;
		}
		n = archive_read_data(a, bytes + len, CHUNK);
		if (n < 0)
			return err_archive(err, a, path);
		len += (size_t)n;
		if (stop_wanted())
			return stop_explain(err);
		if (len > max)
			return err_set(err, EFBIG, "%s: larger than %zu bytes", path, max);
	} while (n);
	*ret = STEAL(&bytes);
	*ret_len = len;
	return 0;
}

int unpack_file(const char *path, size_t max, char **ret, size_t *ret_len, struct err *err)
{
	CLEANUP(reader_free) struct archive *a = archive_read_new();
	struct archive_entry *entry;

	if (!a)
		return err_set(err, ENOMEM, "out of memory");
	archive_read_support_format_raw(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_gzip(a);
	if (archive_read_open_filename(a, path, CHUNK) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return err_archive(err, a, path);
	return read_bounded(a, path, max, ret, ret_len, err);
}
