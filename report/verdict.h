/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.h - one word for each comparison: better, worse, no difference resolved, or n/a with the reason.
 *
 * A difference is resolved where the exact test, corrected by Holm for the arms that stand beside it in the same
 * workload and figure, is below 5 % and the 95 % interval of the ratio leaves out 1.  An A/A control that differs from
 * its own twin shows that order or drift can make a difference: it lowers every verdict of its workload.
 */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include <stdbool.h>

#include "compare.h"

#define VERDICT_ALPHA 0.05
#define CONTROL_ALPHA 0.01 /* a clean machine is doubted in one of a hundred sweeps */

/* The list is in its order.  -ENOMEM. */
int verdicts_give(const struct results *results, struct comparisons *comparisons);
const char *verdict_name(enum verdict verdict);
/* The workload's control whose primary figure differs from its twin's, or NULL. */
const struct comparison *verdict_control(const struct comparisons *comparisons, int workload);
/* Does the interval leave out 1? */
bool verdict_excludes_one(const struct comparison *comparison);

#endif
