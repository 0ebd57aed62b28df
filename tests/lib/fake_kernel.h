/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kernel.h - kernels, modules and packages as far as finders and packers look at them.  Each asserts that it worked.
 */
#ifndef TESTS_FAKE_KERNEL_H
#define TESTS_FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#define FAKE_BZIMAGE_BYTES 4096

/* A boot sector and setup code that say `version`; nothing behind them would boot. */
void fake_bzimage(unsigned char bytes[FAKE_BZIMAGE_BYTES], const char *version);
/* Makes the folders above it as well. */
void fake_write(const char *path, const void *bytes, size_t len);
/* An ELF file with a .modinfo; packed where path ends in .xz, .gz or .zst. */
void fake_module(const char *path, const char *depends, const char *kernel);

struct fake_entry {
	const char *name;
	const void *bytes;
	size_t len;
	const char *link; /* a symbolic link to this where it is set */
};

/* A .deb; member is the name of the one with the tree, e.g. "data.tar.xz". */
void fake_deb(const char *path, const char *member, const struct fake_entry *entries, size_t nr);

#endif
