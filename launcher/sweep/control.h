/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - the A/A control of a sweep: the baseline once more under another name.  What differs between the two is
 * the order of trials or the host's drift, and no knob.  matrix.c alone calls it.
 */
#ifndef LAUNCHER_CONTROL_H
#define LAUNCHER_CONTROL_H

#include "matrix.h"

/* Adds "BASELINE (A/A)" where there are other arms to compare; their boots are numbered already. */
int control_add(const struct spec *base, struct matrix *ret, struct err *err) MUST_CHECK;

#endif
