/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arms.h - which arm is the baseline, and the order in which arms and workloads are shown.
 */
#ifndef REPORT_ARMS_H
#define REPORT_ARMS_H

#include "err.h"

struct comparisons;
struct results;

/* Fills baseline, arms and workloads.  -ENOENT, -ENODATA and baseline as for compare_make(). */
int arms_order(const struct results *results, const char *baseline, struct comparisons *ret,
               struct err *err) MUST_CHECK;

#endif
