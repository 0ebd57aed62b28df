/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arms_axes.h - an arms file that gives axes instead of arms: {"axes": {"policy": ["other", "fifo"], "pin": [...]},
 * "exclude": [{"policy": "fifo", "pin": "none"}], "include": [{"name": "...", ...}]}.  arms.c alone calls it.
 */
#ifndef LAUNCHER_ARMS_AXES_H
#define LAUNCHER_ARMS_AXES_H

#include "matrix.h"

/* Crosses the axes, then drops every arm that has all the values of one of the excludes. */
int arms_axes_parse(struct json_object *root, const struct spec *base, struct matrix *ret,
                    struct err *err) MUST_CHECK;

#endif
