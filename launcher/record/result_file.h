/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_file.h - the file that result lines go to.  A line is appended whole, with one write, and fsynced; what a
 * full disk cut off is taken back; a file that is removed meanwhile is saved elsewhere.  Of a line's content it knows
 * only whether it is a result line: a file of anything else is not written to.
 *
 * One sweep a file: an flock() that ends with its process, however that ends.  Runs share it, they only append.
 */
#ifndef LAUNCHER_RESULT_FILE_H
#define LAUNCHER_RESULT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "outfile.h"

struct json_object;

#define RESULT_SCHEMA "qlaunch.result/1"

struct result_file {
	struct outfile out; /* made by us and left empty, it is removed */
	char path[4096];    /* "-" for stdout */
	bool alone;         /* nobody else may write to it */
	bool name_is_kept;  /* its folder was synced after it was made */
};

#define RESULT_FILE_NONE ((struct result_file){ .out = OUTFILE_NONE })

/* path NULL: the state folder's results/DATE-TIME-COMMAND.jsonl.  "-": stdout.  An existing file must be empty, or its
 * first and last lines result lines.  A torn last line of an older run is ended, so that readers can drop it. */
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
