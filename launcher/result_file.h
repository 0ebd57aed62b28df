/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_file.h - the file that result lines go to.  A line is appended whole, with one write, and fsynced; what a
 * full disk cut off is taken back; a file that is removed meanwhile is saved elsewhere.  Knows no line's content.
 *
 * One sweep a file: an flock() that ends with its process, however that ends.  Runs share it, they only append.
 */
#ifndef LAUNCHER_RESULT_FILE_H
#define LAUNCHER_RESULT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct json_object;

struct result_file {
	int fd;
	char path[4096]; /* "-" for stdout */
	bool made;       /* by us: left empty, it goes again */
	bool alone;      /* nobody else may write to it */
};

/* path NULL: the state folder's results/DATE-TIME-COMMAND.jsonl.  "-": stdout.  A torn last line of an older run is
 * ended, so that readers can drop it. */
int result_file_open(const char *path, const char *command, struct result_file *ret,
                     struct err *err) MUST_CHECK;
/* To go on in: as it is, or new. */
int result_file_reopen(const char *path, struct result_file *ret, struct err *err) MUST_CHECK;
/* Calls take() for each line that ends in a newline, without that; returns the bytes up to and with the last newline. */
int64_t result_file_lines(const struct result_file *file,
                          int (*take)(void *arg, const char *line, size_t len, struct err *err),
                          void *arg, struct err *err) MUST_CHECK;
/* Cuts it to so many bytes. */
int result_file_cut(const struct result_file *file, int64_t bytes, struct err *err) MUST_CHECK;
int result_append(struct result_file *file, struct json_object *line, struct err *err) MUST_CHECK;
void result_file_close(struct result_file *file);

#endif
