/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pace.h - how long trials and boots take here, what is left of a course by that, and --budget: how many repeats fit.
 * Pure: times are handed in.
 */
#ifndef LAUNCHER_PACE_H
#define LAUNCHER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct course;
struct matrix;
struct pace;
struct spec;
struct step;

int pace_make(struct course *course, struct pace **ret, struct err *err) MUST_CHECK;
void pace_took(struct pace *pace, const struct step *step, int64_t ns);
/* step: of a guest, the first on that boot. */
void pace_booted(struct pace *pace, const struct step *step, int64_t ns);
/* The open steps from here on, with their boots: measured where it was, else --warmup and --duration. */
int64_t pace_left(const struct pace *pace, int from);
/* Leaves as many whole repeats open as fit: first those that every block has, so blocks stay alike.  What does not fit
 * becomes STEP_CUT, and open again where trials turn out to be faster.  A repeat that was begun is never cut. */
void pace_fit(struct pace *pace, int from, int64_t left_ns);
/* Repeats that would fit if nothing took time but warm-up and duration: an upper limit to plan with. */
int pace_repeats(const struct matrix *matrix, int64_t budget_ns);
/* The time for so many repeats by warm-up and duration alone. */
int64_t pace_budget(const struct matrix *matrix, int repeats);

/* The open steps of a course by --warmup and --duration alone. */
struct pace_sum {
	int trials, discarded, boots;
	int64_t trials_ns, discarded_ns;
};

/* drops_first: a trial of each boot, and natively one, is discarded. */
void pace_sum(const struct course *course, bool drops_first, struct pace_sum *ret);
void pace_free(struct pace **pace);

#endif
