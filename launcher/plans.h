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
struct qemu_can;
struct session;
struct spec;
struct topology;

struct plans {
	int nr;
	struct plan **plan; /* one an arm, NULL where refused */
	int nr_refused;
};

/* Refusals go into matrix->arm[].refused. */
int plans_make(struct matrix *matrix, const struct session *session, struct plans *ret,
               struct err *err) MUST_CHECK;
void plans_done(struct plans *plans);

/* The same VM with nothing placed: CPUs and policies as inherited; for --place-at ready. */
int plan_make_neutral(const struct spec *spec, const struct topology *host,
                      const struct qemu_can *qemu, struct plan **ret, struct err *err) MUST_CHECK;
void plan_free(struct plan **plan); /* CLEANUP */

#endif
