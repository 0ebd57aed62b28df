/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arms.h - arms that somebody listed: in a JSON file, or in a preset.  matrix.c alone calls it.
 */
#ifndef LAUNCHER_ARMS_H
#define LAUNCHER_ARMS_H

#include "matrix.h"

struct knob;
struct topology;

/* Adds an arm that starts as a copy of base; it moves when the next is added. */
int arm_add(struct matrix *matrix, const struct spec *base, struct arm **ret, struct err *err)
        MUST_CHECK;
/* -EPERM where the value names a file or folder, or decides what QEMU may reach, and the command line has not allowed that (--allow-paths). */
int arm_check_path(const struct spec *spec, const struct knob *knob, const char *text,
                   struct err *err) MUST_CHECK;
/* Sets a knob of an arm, in place of what the command line gave. */
int arm_set(struct arm *arm, const char *name, const char *text, struct err *err) MUST_CHECK;

/* Text of a JSON string, number or bool, borrowed from it; NULL where it is none. */
const char *arm_text(struct json_object *value);

/* [{"name": "...", "policy": "fifo:1", ...}, ...], {"arms": [...]} or axes (arms_axes.h) with more arms in "include";
 * `where` names the file in messages.  Specs borrow strings of root. */
int arms_parse(struct json_object *root, const char *where, const struct spec *base,
               struct matrix *ret, struct err *err) MUST_CHECK;
/* base->preset: quick (what `make run` compares, in at most four minutes), storage, realtime, overcommit, seed.  What base gives
 * wins over what the preset says. */
int preset_make(const struct spec *base, const struct topology *host, struct matrix *ret,
                struct err *err) MUST_CHECK;

#endif
