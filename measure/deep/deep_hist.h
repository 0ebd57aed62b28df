/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_hist.h - the kernel side's histogram read: percentiles, sums, and its form in a result line.
 */
#ifndef MEASURE_DEEP_HIST_H
#define MEASURE_DEEP_HIST_H

#include <stdint.h>

struct deep_hist;
struct json_object;

uint64_t deep_hist_low_ns(int bucket);
/* One sample, into the bucket that the kernel's side would take. */
void deep_hist_add(struct deep_hist *hist, uint64_t ns);
uint64_t deep_hist_count(const struct deep_hist *hist);
void deep_hist_merge(struct deep_hist *into, const struct deep_hist *from);
/* The middle of the bucket (never above max_ns) that `percent` of the samples do not exceed.  NaN where fewer than
 * ten samples would lie above it: so few cannot carry it. */
double deep_hist_percentile_ns(const struct deep_hist *hist, int percent, uint64_t max_ns);
/* Sparse [[low_ns, count], ...], which readers can merge. */
struct json_object *deep_hist_json(const struct deep_hist *hist);

#endif
