/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chosen.h - the few figures of a workload that the table shows without -v.
 */
#ifndef REPORT_CHOSEN_H
#define REPORT_CHOSEN_H

#define CHOSEN_MAX 64

/* Where the figure stands among the shown (0 first), or -1.  primary: the workload's, space separated. */
int chosen_place(const char *primary, const char *name);

#endif
