/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unnamed.h - a file that nobody else can open by name and that is gone with its last descriptor.
 */
#ifndef BASE_UNNAMED_H
#define BASE_UNNAMED_H

#include "err.h"

/* O_TMPFILE in folder, else created under a fresh name and unlinked at once.  Read-write, close-on-exec, 0600. */
int unnamed_open(const char *folder, int *ret, struct err *err) MUST_CHECK;
/* In a folder that is held already; its path is for the message. */
int unnamed_open_at(int folder_fd, const char *folder, int *ret, struct err *err) MUST_CHECK;

#endif
