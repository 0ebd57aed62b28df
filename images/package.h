/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * package.h - the distribution's kernel package, downloaded once into the cache and unpacked there; never installed.
 *
 * cache/kernel/NAME_VERSION/ holds boot/vmlinuz-V and lib/modules/V/.  It appears by a rename, so it is whole; the lock
 * makes a second qlaunch wait for the first one's download instead of repeating it.
 */
#ifndef IMAGES_PACKAGE_H
#define IMAGES_PACKAGE_H

#include "err.h"

#define PACKAGE_CACHED_MAX 16

/* The unpacked packages, newest first; returns their number. */
int package_list(const char *cache, char **names, int max);
/* Waits for any other download to end; what it left is in the list then.  *ret is the lock (fd_close). */
int package_lock(const char *cache, int *ret, struct err *err) MUST_CHECK;
/* With the lock held: downloads with apt-get, in place of what is there.  *ret is the folder below cache/kernel.  say
 * tells people once. */
int package_fetch(const char *cache, void (*say)(void *arg, const char *sentence), void *arg,
                  char *ret, size_t size, struct err *err) MUST_CHECK;
/* What package_fetch() would get, without getting it: its folder below cache/kernel, and its kernel's version. */
int package_look(const char *cache, char *ret_tree, size_t size, char *ret_version,
                 size_t version_size, struct err *err) MUST_CHECK;
/* Out of `apt-cache show META`: name and version of the kernel that the metapackage stands for.  -ENOENT. */
int package_parse(const char *record, char *name, size_t name_size, char *version,
                  size_t version_size) MUST_CHECK;

#endif
