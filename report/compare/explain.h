/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - what moved together with a figure: the scheduler's and KVM's own figures of the same arm and workload
 * whose 95 % interval leaves out 1.  They accompany a difference; that they cause it is for the reader to judge.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include <stddef.h>

struct comparison;
struct comparisons;
struct results;

#define EXPLAIN_MAX 16

/* The strongest effect first, into ret; nothing for a row that is neither better nor worse.  Returns how many. */
size_t explain_find(const struct results *results, const struct comparisons *comparisons,
                    const struct comparison *of, const struct comparison *ret[EXPLAIN_MAX]);
/* "run_delay_s 310 ms -> 20 ms (x0.06)"; the name is escaped. */
void explain_format(const struct results *results, const struct comparison *with, char *buf,
                    size_t size);

#endif
