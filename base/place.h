/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - walks a path to a folder that stays held, one component after the other.  Opens no file.
 *
 * Each component is opened with O_NOFOLLOW and looked at through its descriptor, so no rename can come between the
 * look and the use.  A symbolic link is followed only where it belongs to the caller or to root: nobody else can turn
 * an output to another file.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "err.h"

/* A held folder and a name in it. */
struct place {
	int folder_fd; /* O_PATH */
	char name[NAME_MAX + 1];
};

/* The last component is a name in the folder, of a file or of nothing; a link of the caller's is followed there too.
 * -EISDIR where the path names a folder. */
int place_find(const char *path, struct place *ret, struct err *err) MUST_CHECK;
void place_done(struct place *place);
/* The folder itself (O_PATH). */
int place_folder(const char *path, int *ret, struct err *err) MUST_CHECK;
/* A folder of the caller's own: makes (0700) what is missing, and refuses a path where somebody else may write to the
 * last folder, or replace one of those above it. */
int place_own_folder(const char *path, int *ret, struct err *err) MUST_CHECK;
/* May a user other than root and the caller write to it?  The caller's own group is the caller's choice. */
bool place_others_write(const struct stat *st);
/* Does it belong to the caller or to root? */
bool place_is_trusted(const struct stat *st);

#endif
