/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * landlock.h - what a child may still open: a few files and folders, for reading or for writing too, and nothing else.
 *
 * Needs no privilege and holds for root.  An fd that is open already keeps its rights.  Source: landlock(7).
 */
#ifndef TUNING_LANDLOCK_H
#define TUNING_LANDLOCK_H

/* Lists end with NULL; NULL for none.  A name that is not there, or that this user cannot reach, is left out. */
struct landlock_paths {
	char *const *read; /* read and execute; of a folder everything in it */
	char *const *
	        write; /* read, write and truncate, and ioctl() of devices; in a folder make and remove too */
	char *const *sockets; /* folders in which a socket may be made */
};

/* The kernel's ABI, 0: it has no Landlock, or it is switched off. */
int landlock_abi(void);
/* In a child between fork and exec, with no_new_privs: system calls only.  -errno; -ENOSYS or -EOPNOTSUPP where the
 * kernel has none. */
int landlock_restrict(const struct landlock_paths *paths);

#endif
