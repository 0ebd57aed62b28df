/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reasons_moved.h - exits by reason and preemptors that differ between an arm and its baseline, as `explain` has it for
 * figures: what accompanies a verdict.
 *
 * A name that is not in a trial's list took no time there.  Names count where the Mann-Whitney test of their seconds a
 * trial, corrected for how many names there are, is below 5 %.
 */
#ifndef REPORT_REASONS_MOVED_H
#define REPORT_REASONS_MOVED_H

#include <stddef.h>

#include "reasons.h"

struct comparison;
struct results;

#define REASONS_MOVED_MAX 8

struct reason_moved {
	enum reason_kind kind;
	int name;        /* its number in the kind's names */
	double from, to; /* medians, seconds a trial */
	double effect;   /* Cliff's delta */
};

/* The largest difference in time first; nothing for a row that is neither better nor worse.  Returns how many. */
size_t reasons_moved(const struct results *results, const struct comparison *of,
                     struct reason_moved ret[REASONS_MOVED_MAX]);
/* "exits for hlt 3.10 s -> 20 ms", "CPU lost to stress, of vcpu/0 150 ms -> 0 s"; the name is escaped. */
void reason_moved_format(const struct results *results, const struct reason_moved *moved, char *buf,
                         size_t size);

#endif
