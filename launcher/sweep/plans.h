/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plans.h - a plan for each arm of a matrix, or the reason why there is none.
 */
#ifndef LAUNCHER_PLANS_H
#define LAUNCHER_PLANS_H

#include <stdbool.h>

#include "err.h"

struct matrix;
struct plan;
struct session;

struct plans {
	int nr;
	struct plan **plan; /* one an arm, NULL where refused */
	int nr_refused;
};

/* Refusals go into matrix->arm[].refused. */
int plans_make(struct matrix *matrix, const struct session *session, struct plans *ret,
               struct err *err) MUST_CHECK;
void plans_done(struct plans *plans);

#endif
