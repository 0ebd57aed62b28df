/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.h - how many files the limit still allows: an observer that takes the last one ends the trial it watches.
 */
#ifndef MEASURE_FILES_H
#define MEASURE_FILES_H

/* For observers, beyond a few that are kept for the rest of the program; negative: those are touched already. */
long files_left(void);

#endif
