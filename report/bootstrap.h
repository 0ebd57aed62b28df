/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootstrap.h - 95 % intervals of medians by the hierarchical bootstrap: boots are drawn with replacement, then
 * rounds inside each drawn boot, so that an interval is as wide as the highest level that varies makes it.
 *
 * The draws are the same for the same values: the seed is fixed.
 */
#ifndef REPORT_BOOTSTRAP_H
#define REPORT_BOOTSTRAP_H

#include <stddef.h>

#define BOOTSTRAP_SEED 20260102u
#ifndef BOOTSTRAP_DRAWS /* the fuzzers draw less */
#define BOOTSTRAP_DRAWS 2000
#endif
/* More values than this are first joined: neighbours of one group become their median. */
#define BOOTSTRAP_VALUES_MAX 256
/* Up to so many values that are each a group of their own are drawn; of more, the distribution is known without. */
#define BOOTSTRAP_DRAWN_MAX 100

/* Values with the group each is of; those of a group stand together. */
struct bootstrap_sample {
	const double *value;
	const int *group;
	size_t nr;
};

/* Of the sample's median.  -ENODATA, -ENOMEM. */
int bootstrap_median(const struct bootstrap_sample *sample, int draws, double ret[2]);
/* Of the ratio of two samples' medians, drawn apart from each other.  -EDOM where one is not finite. */
int bootstrap_ratio(const struct bootstrap_sample *a, const struct bootstrap_sample *b, int draws,
                    double ret[2]);

#endif
