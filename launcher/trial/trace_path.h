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
struct spec;

/* enum trace_format, by the ending; -EINVAL names the known ones. */
int trace_format_of(const char *path, struct err *err) MUST_CHECK;
/* Can --trace's files be made there, with the user's own rights, and without replacing one (but with --overwrite)?
 * many: their names get their trials' keys.  Without --trace they can. */
int trace_path_check(const struct spec *spec, bool many, struct err *err) MUST_CHECK;
/* Its folder, held (O_PATH), where a file can be made. */
int trace_path_folder(const char *path, int *ret, struct err *err) MUST_CHECK;
/* Where there are many trials, "x.json" becomes "x.3-ARM-WORKLOAD-b0-r1.json" (the arm's number first: names are
 * cut), from the result line's key.  A neighbour's line (its "vm" is a number) puts "-vmN" before the ending. */
int trace_path_make(const char *path, bool many, struct json_object *line, char *ret, size_t size,
                    struct err *err) MUST_CHECK;

#endif
