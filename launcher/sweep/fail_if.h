/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail_if.h - can the limit of --fail-if be judged at all by a design?  Pure: knows arms and numbers, no result.
 */
#ifndef LAUNCHER_FAIL_IF_H
#define LAUNCHER_FAIL_IF_H

#include "err.h"

struct matrix;
struct spec;

/* -EINVAL where an arm cannot get a verdict against the baseline, with what to ask for: said before anything is measured.
 * One such arm is enough, for limit_check() passes nothing while an arm with values has no verdict.  After plans_make():
 * refused arms do not count.  spec: how the sweep may end early. */
int fail_if_check(const struct matrix *matrix, const struct spec *spec, const char *baseline,
                  struct err *err) MUST_CHECK;

#endif
