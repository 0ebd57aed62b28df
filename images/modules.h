/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules.h - which of a kernel's modules the built-in guest needs, in the order in which they load.
 *
 * Works on any tree of .ko files: an unpacked package has no modules.dep, since depmod writes it at installation.  So
 * the order comes from the modules' own "depends", as depmod's does.
 */
#ifndef IMAGES_MODULES_H
#define IMAGES_MODULES_H

#include "err.h"

#define MODULES_MAX 32

struct module {
	char name[64];  /* virtio_blk: '-' is '_' in here */
	char file[512]; /* below the folder; may end in .xz, .zst or .gz */
};

struct modules {
	int nr;
	struct module list[MODULES_MAX];
};

/* wanted (ends in NULL) and all that they need, without what modules.builtin lists.  -ENOENT names the module, the
 * kernel and the way out; so does a tree that was made for another kernel. */
int modules_order(const char *folder, const char *version, const char *const wanted[],
                  struct modules *ret, struct err *err) MUST_CHECK;
/* What the guest wants: virtio over PCI, with disk and console (the channel).  folder "" is an error, too. */
int modules_for_guest(const char *folder, const char *version, struct modules *ret, struct err *err)
        MUST_CHECK;

#endif
