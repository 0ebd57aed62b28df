/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hist_sum.h - histograms of result lines added up, for drawing: 32 buckets a power of two, so that a bucket's edge is
 * at most 3 % off, whatever buckets the lines came with.
 */
#ifndef REPORT_HIST_SUM_H
#define REPORT_HIST_SUM_H

#include <stdio.h>

struct json_object;

#define HIST_SUM_SUB_BITS 5
#define HIST_SUM_MAX_BITS 44
#define HIST_SUM_BUCKETS  ((HIST_SUM_MAX_BITS - HIST_SUM_SUB_BITS + 1) << HIST_SUM_SUB_BITS)

struct hist_sum {
	double count;
	double bucket[HIST_SUM_BUCKETS];
};

/* Adds a sparse [[low, count], ...]; what is none of that shape is left out. */
void hist_sum_add(struct hist_sum *sum, struct json_object *sparse);
/* The upper edge of a bucket: no value in it is larger. */
double hist_sum_edge(int bucket);
/* [[value, share of samples not above it], ...]: a point where the share has grown visibly, dense in the tail.
 * Returns how many. */
int hist_sum_write(const struct hist_sum *sum, FILE *out);

#endif
