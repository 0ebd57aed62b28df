/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outliers.h - values far from the rest of their cell.  They are flagged and never left out: an outlier is a fact
 * about the machine.
 */
#ifndef REPORT_OUTLIERS_H
#define REPORT_OUTLIERS_H

struct cell;
struct comparison;
struct comparisons;

#define OUTLIER_Z       3.5 /* Iglewicz and Hoaglin's threshold for the modified z */
#define OUTLIERS_LISTED 20  /* of one cell; all are counted */

/* Counts them into the row and lists the first in `to`; sorted: the cell's ret->n known values.  -ENOMEM. */
int outliers_find(const struct cell *cell, const double *sorted, struct comparisons *to,
                  struct comparison *ret);

#endif
