/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holm.h - Holm's correction: of many comparisons, the chance that even one false difference is reported stays at
 * the level of a single one.
 */
#ifndef REPORT_HOLM_H
#define REPORT_HOLM_H

#include <stddef.h>

struct holm {
	double p;        /* in: of the test; NaN: no member of the family */
	double adjusted; /* out: to be held against the level itself; NaN */
};

/* -ENOMEM. */
int holm_adjust(struct holm *family, size_t nr);

#endif
