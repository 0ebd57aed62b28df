/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_trials.h - single trials for the page: their figures, their threads, their samples over time.
 */
#ifndef REPORT_HTML_TRIALS_H
#define REPORT_HTML_TRIALS_H

#include <stdio.h>

#include "err.h"

struct details;
struct results;

/* "trials": [...], "trial_every": N, "trial_figures": [[figure, ...] a workload], "threads": {...}, "timed": [...].
 * arm_at: an arm's place on the page.  -ENOMEM. */
int html_trials_write(const struct results *results, const struct details *details,
                      const int *arm_at, FILE *out) MUST_CHECK;

#endif
