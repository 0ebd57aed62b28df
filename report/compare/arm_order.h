/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm_order.h - which arm is the baseline, and the order in which arms and workloads are shown.
 */
#ifndef REPORT_ARM_ORDER_H
#define REPORT_ARM_ORDER_H

#include "err.h"

struct comparisons;
struct results;

/* Fills baseline, base_of, arms and workloads.  -ENOENT, -ENODATA and baseline as for compare_make(). */
int arm_order_find(const struct results *results, const char *baseline, struct comparisons *ret,
                   struct err *err) MUST_CHECK;

#endif
