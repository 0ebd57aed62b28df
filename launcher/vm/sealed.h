/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sealed.h - a copy of a file in memory that nobody can change, for a child that may not open the file itself.
 *
 * The child opens it by /proc/self/fd/N: a memfd has mode 0777, and Landlock does not cover what is in no file system.
 */
#ifndef LAUNCHER_SEALED_H
#define LAUNCHER_SEALED_H

#include "err.h"

struct sealed {
	char path[4096]; /* "": none */
	int fd;
};

/* Keeps what it holds where it is a copy of this path already. */
int sealed_copy(struct sealed *sealed, const char *path, struct err *err) MUST_CHECK;
void sealed_done(struct sealed *sealed);

#endif
