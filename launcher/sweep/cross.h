/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cross.h - axes multiplied out into arms.  matrix.c and arms.c alone call it.
 */
#ifndef LAUNCHER_CROSS_H
#define LAUNCHER_CROSS_H

#include "cmdline.h"
#include "matrix.h"

/* Every combination, the last axis turning fastest; with base->pairs only the first values, and each axis varied alone
 * from there. */
int cross_axes(const struct spec *base, const struct axes *axes, struct matrix *ret,
               struct err *err) MUST_CHECK;

#endif
