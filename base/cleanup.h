/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cleanup.h - releasers that the compiler calls when a local goes out of scope.
 *
 * A releaser takes the address, leaves the variable empty and may be called twice.  STEAL() hands a thing over.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* unused: clang warns of a local that only its releaser looks at */
#define CLEANUP(release) __attribute__((cleanup(release), unused))

#define STEAL(p)                                                                                   \
	({                                                                                         \
		__typeof__(*(p)) s_ = *(p);                                                        \
		*(p) = NULL;                                                                       \
		s_;                                                                                \
	})

#define STEAL_FD(p)                                                                                \
	({                                                                                         \
		int s_ = *(p);                                                                     \
		*(p) = -1;                                                                         \
		s_;                                                                                \
	})

static inline void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void file_close(FILE **file)
{
	if (*file)
		fclose(*file);
	*file = NULL;
}

static inline void dir_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
	*dir = NULL;
}

static inline void str_free(char **text)
{
	free(*text);
	*text = NULL;
}

#endif
