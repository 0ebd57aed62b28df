/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_file.h - which file --qemu means, and whether it still is the same one.  Starts nothing.
 */
#ifndef LAUNCHER_QEMU_FILE_H
#define LAUNCHER_QEMU_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "sha256.h"

/* What an upgrade of a file changes; all 0 where there is none. */
struct file_mark {
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns;
};

/* asked: as --qemu gives it, NULL for the default.  A name without a slash is searched on PATH.  -ENOENT, -EACCES, ... with
 * the sentence where there is no such program. */
int qemu_file_find(const char *asked, char *ret, size_t size, struct err *err) MUST_CHECK;
struct file_mark file_mark(const char *path);
bool file_mark_is_same(const struct file_mark *a, const struct file_mark *b);
/* SHA-256 of the file; a program that may be run but not read has none: the reason is in *err. */
int qemu_file_hash(const char *path, char ret[SHA256_TEXT], struct err *err) MUST_CHECK;

#endif
