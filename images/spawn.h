/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawn.h - runs one program to its end, without a shell, and keeps the end of what it said.
 */
#ifndef IMAGES_SPAWN_H
#define IMAGES_SPAWN_H

#include "err.h"

/* In folder; stdin is empty, stdout and stderr are kept (the last size-1 bytes of both).  Returns 0 on exit status 0;
 * -ENOENT where the program does not exist; else -EIO with its last lines in *err.  It dies with us. */
int spawn_run(const char *const argv[], const char *folder, char *out, size_t size, struct err *err)
        MUST_CHECK;

#endif
