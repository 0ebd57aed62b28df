/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.h - finds a kernel that the built-in guest can boot, and its modules.
 *
 * Order: the file asked for; the running host's own /boot/vmlinuz-$(uname -r) where readable, then the newest other
 * readable /boot/vmlinuz-*; the distribution's package, downloaded once into the cache (apt-get download, said once,
 * unpacked with libarchive, never installed).  Modules: the folder asked for, /lib/modules/VERSION, the package.
 */
#ifndef IMAGES_KERNEL_H
#define IMAGES_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct kernel {
	char path[4096];   /* the bzImage */
	char version[128]; /* from its header (Documentation/x86/boot.rst, kernel_version) */
	char modules
	        [4096]; /* the folder with its .ko files and modules.builtin, "" where there is none */
	bool from_package;
	uint64_t memory_bytes; /* in less it does not even start; 0: not known */
};

struct kernel_wish {
	const char *kernel;  /* --kernel or NULL */
	const char *modules; /* --modules or NULL */
	const char *cache;   /* folder, exists */
	const char *root;    /* whose /boot and /lib/modules; NULL: the host's */
	void (*say)(void *arg, const char *sentence); /* progress for people; may be NULL */
	void *arg;
};

int kernel_find(const struct kernel_wish *wish, struct kernel *ret, struct err *err) MUST_CHECK;
/* The same, but nothing is downloaded or written: 1 where kernel_find() would download, and *ret then says where its
 * files will be. */
int kernel_look(const struct kernel_wish *wish, struct kernel *ret, struct err *err) MUST_CHECK;
/* "6.1.0-38-cloud-amd64" out of a bzImage; -EINVAL with what to do where it is none. */
int kernel_read_version(const char *path, char *ret, size_t size, struct err *err) MUST_CHECK;

#endif
