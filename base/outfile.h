/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outfile.h - opens what qlaunch writes, with proof that it may be written.  Knows no content: what stands in a file
 * that exists already is the caller's to judge, before the first byte.
 *
 * An output is a new file (0600), a regular file of the caller's with one name, a FIFO that somebody reads, /dev/null, or
 * a descriptor that the caller of qlaunch opened.  It is never a device, a file of a kernel file system, or a new file
 * in /dev.
 */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include "place.h"

struct outfile {
	int fd;
	struct place place; /* folder_fd -1: it has no name */
	bool made;          /* it was not there before */
	bool is_stdout;     /* under whichever name */
	bool is_stream;     /* nothing that can be read back: a pipe, a terminal, /dev/null */
};

#define OUTFILE_NONE ((struct outfile){ .fd = -1, .place = { .folder_fd = -1 } })

/* To append to.  "-" and /dev/stdout are descriptor 1, /dev/stderr is 2, /dev/fd/N is N.  A FIFO is opened O_NONBLOCK:
 * -ENXIO where nobody reads it. */
int outfile_open(const char *path, struct outfile *ret, struct err *err) MUST_CHECK;
/* A new file in a held folder (copied); -EEXIST where the name is taken. */
int outfile_new(int folder_fd, const char *name, struct outfile *ret, struct err *err) MUST_CHECK;

/* A file that gets its name when it is whole.  may_replace: another file of the caller's may have that name now. */
int outfile_begin(const char *path, bool may_replace, struct outfile *ret, struct err *err)
        MUST_CHECK;
/* Names it: the part that outfile_begin() made is path's file from now on.  Without may_replace never in another's place,
 * also where that came meanwhile. */
int outfile_finish(struct outfile *file, const char *path, bool may_replace, struct err *err)
        MUST_CHECK;
/* Could outfile_begin() and outfile_finish() do it?  Makes nothing. */
int outfile_check_new(const char *path, bool may_replace, struct err *err) MUST_CHECK;

/* Removes its name, where it is still this file's. */
void outfile_remove(const struct outfile *file);
/* Makes the name itself survive a power loss. */
void outfile_sync_name(const struct outfile *file);
void outfile_close(struct outfile *file);

#endif
