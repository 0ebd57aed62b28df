/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resume.h - what of a design a results file holds already.
 */
#ifndef LAUNCHER_RESUME_H
#define LAUNCHER_RESUME_H

#include <stdint.h>

#include "err.h"

struct course;
struct design;
struct json_object;
struct measured;
struct result_file;
struct stopping;

/* The seed of the file's first result line; 0 where the file is missing, empty, or has none. */
int resume_seed(const char *path, uint64_t *ret, struct err *err) MUST_CHECK;
/* Marks each step whose line is there as kept: what was measured, and cells that were refused.  A cell that failed is
 * tried again.  A torn last line is cut off.  -EINVAL where the file holds another design.  stopping,
 * where there is one, takes the lines again, measured too, and *engines (likeness.h) what their loads had. */
int resume_read(const struct result_file *file, const struct design *design, struct course *course,
                struct stopping *stopping, struct measured *measured, struct json_object **engines,
                struct err *err) MUST_CHECK;

#endif
