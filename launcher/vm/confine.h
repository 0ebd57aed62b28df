/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine.h - what a QEMU may do: the user that it runs as, the files that it may open, its limits.  Decides it; the
 * child carries it out (child.h).
 *
 * Started as root, QEMU gets a uid of its own (identity.h): without capabilities uid 0 would still own root's files.
 * Landlock (landlock.h) then leaves it QEMU's own files, KVM and vhost, and what the user has named.  The disks, the
 * scratch, kernel and initrd need no rule: they are passed as open fds.
 */
#ifndef LAUNCHER_CONFINE_H
#define LAUNCHER_CONFINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "err.h"
#include "identity.h"
#include "strv.h"

struct spec;

struct confine {
	bool changes_uid; /* to that of who */
	struct identity who;
	char lacks[24]; /* why uid 0 is kept: a capability that is missing, or "" */
	int landlock;   /* its ABI; 0: not confined by it */
	struct strv read, write, sockets; /* struct landlock_paths */
	struct strv named; /* files of words after "--", which this user must be able to read */
	struct strv
	        output; /* and those that QEMU would make: made as this user, for Landlock names files that exist */
	struct strv servers;  /* of sockets: those that are there already */
	struct strv replaced; /* of output: those that are there already */
	uint64_t file_bytes;  /* the largest that it may write; 0: no limit */
};

/* Who runs this binary, and the files that it needs in any case.  own: the uid taken so far for this VM (uid 0: none),
 * taken here where one is needed. */
int confine_make(const struct spec *spec, struct own_uid *own, const char *qemu,
                 struct confine *ret, struct err *err) MUST_CHECK;
/* Who QEMU would run as, and what shuts it in: one sentence for people. */
void confine_describe(const struct confine *confine, char *buf, size_t size);
/* Whether this QEMU may open a file of this mode and owner for reading and writing. */
bool confine_can_open(const struct confine *confine, const struct stat *st);
/* "" or what helps a QEMU that was refused a file. */
void confine_hint(const struct confine *confine, char *buf, size_t size);
void confine_done(struct confine *confine);

#endif
