/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance.h - the last section of the table: every arm's primary figures side by side.
 */
#ifndef REPORT_GLANCE_H
#define REPORT_GLANCE_H

struct table;

/* Nothing where there are not at least two arms and two primary figures: then the table is its own summary. */
void glance_write(struct table *table);

#endif
