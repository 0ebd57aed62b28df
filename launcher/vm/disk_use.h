/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk_use.h - whether this host itself uses a disk: mounted, swap, a part of another device, behind a loop device,
 * exported.  QEMU's locks show none of these.
 *
 * Needs no privilege: sysfs and procfs name the files.  What only root can know (a loop device's file that was renamed,
 * or that another mount namespace names) is known where qlaunch is root.
 */
#ifndef LAUNCHER_DISK_USE_H
#define LAUNCHER_DISK_USE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "err.h"

/* Of a regular file or block device, open as fd; name is for the sentence.  -EBUSY: who uses it.  root: "", or the
 * folder of a test that has its own sys and proc. */
int disk_use_check(int fd, bool readonly, const char *name, const char *root, struct err *err)
        MUST_CHECK;
/* The same of a file that QEMU itself will open by its name.  0 where it cannot be opened: QEMU says why. */
int disk_use_check_name(const char *path, bool readonly, struct err *err) MUST_CHECK;
/* A block device that the kernel refuses to open exclusively: -EBUSY with what it knows of the reason. */
int disk_use_explain(const struct stat *device, const char *name, struct err *err) MUST_CHECK;

#endif
