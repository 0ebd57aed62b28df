/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_path.h - which file a trial's trace goes to.
 */
#ifndef LAUNCHER_TRACE_PATH_H
#define LAUNCHER_TRACE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct json_object;

/* enum trace_format, by the ending; -EINVAL names the known ones. */
int trace_format_of(const char *path, struct err *err) MUST_CHECK;
/* Can a file be made there, with the user's own rights?  NULL (no --trace) can. */
int trace_path_check(const char *path, struct err *err) MUST_CHECK;
/* "." for a plain name. */
int trace_path_folder(const char *path, char *ret, size_t size, struct err *err) MUST_CHECK;
/* Where there are many trials, "x.json" becomes "x.3-ARM-WORKLOAD-b0-r1.json" (the arm's number first: names are
 * cut), from the result line's key.  A neighbour's line (its "vm" is a number) puts "-vmN" before the ending. */
int trace_path_make(const char *path, bool many, struct json_object *line, char *ret, size_t size,
                    struct err *err) MUST_CHECK;

#endif
