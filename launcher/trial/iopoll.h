/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iopoll.h - whether --iopoll can be had, as far as that is known before anything is prepared.
 */
#ifndef LAUNCHER_IOPOLL_H
#define LAUNCHER_IOPOLL_H

#include "err.h"

struct spec;

/* -EINVAL, with why not.  Natively by the disk that the scratch will lie on, in the guest by what its driver is told;
 * the load looks again at the disk that it gets. */
int iopoll_check(const struct spec *spec, struct err *err) MUST_CHECK;

#endif
