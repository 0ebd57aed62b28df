/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer_parts.h - what an answer is made of: figures with their reasons, and warnings.  Knows no workload.
 */
#ifndef WORKLOADS_ANSWER_PARTS_H
#define WORKLOADS_ANSWER_PARTS_H

#include "err.h"
#include "hist.h"
#include "tally.h"

#define FIGURES_MAX 24

struct load_figure {
	char name[32];
	const char *unit, *better;
	double value;
	const char *why; /* not NULL: there is no value */
	bool is_bound;   /* the value is at least so much */
};

struct figures {
	int nr;
	struct load_figure list[FIGURES_MAX];
};

struct warnings {
	int nr;
	char text[8][256];
};

/* The new figure, so that a reason can be given. */
struct load_figure *figures_add(struct figures *figures, const char *unit, const char *better,
                                double value, const char *name, ...) PRINTF(5, 6);
/* PREFIX_p50_ns to PREFIX_p9999_ns and PREFIX_max_ns: a percentile that the count does not carry has a reason instead of a
 * value. */
void figures_add_latencies(struct figures *figures, const char *prefix, const struct hist *hist);
void figures_add_max(struct figures *figures, const char *prefix, const struct hist *hist);
/* ns an operation */
struct load_figure *figures_add_sum(struct figures *figures, const char *name,
                                    const struct tally_sum *sum);

void warn(struct warnings *warnings, const char *fmt, ...) PRINTF(2, 3);

#endif
