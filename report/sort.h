/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sort.h - numbers in order, with the place each came from.  Stable: equal numbers keep their order. */
#ifndef REPORT_SORT_H
#define REPORT_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct sorted {
	double value; /* no NaN */
	uint32_t at;
};

/* `spare` is as long as the list; both are written.  0 and -0 are equal. */
void sort_placed(struct sorted *list, struct sorted *spare, size_t nr);
/* The values with their places, sorted, on the heap.  NULL: no memory. */
struct sorted *sort_values(const double *values, size_t nr) MUST_CHECK;
void sorted_free(struct sorted **list);

#endif
