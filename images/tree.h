/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - paths and folders of the cache: put together, looked up, removed whole.
 */
#ifndef IMAGES_TREE_H
#define IMAGES_TREE_H

#include <stdbool.h>

#include "err.h"

/* snprintf that refuses to cut: -ENAMETOOLONG, without words where err is NULL. */
int tree_path(char *buf, size_t size, struct err *err, const char *fmt, ...) PRINTF(4, 5);
bool tree_is_folder(const char *path);
/* The names in folder that begin with prefix, newest version first (strverscmp), at most max; [i] are the caller's.
 * Returns the count, 0 also where the folder cannot be read. */
int tree_list(const char *folder, const char *prefix, char **names, int max);
void tree_list_free(char **names, int nr);
/* mkdir -p. */
int tree_make(const char *folder, struct err *err) MUST_CHECK;
/* rm -rf, through no symbolic link.  What cannot be removed stays. */
void tree_remove(const char *path);

#endif
