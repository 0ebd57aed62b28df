/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_place.h - the part of a plan that says which thread runs where and how; plan.c alone calls it.
 */
#ifndef LAUNCHER_PLAN_PLACE_H
#define LAUNCHER_PLAN_PLACE_H

#include "plan.h"

/* guest, vcpus and iothreads of *plan are set; fills emulator and the placements. */
int plan_place(const struct spec *spec, const struct topology *host, struct plan *plan,
               struct err *err) MUST_CHECK;
void plan_note(struct plan *plan, const char *fmt, ...) PRINTF(2, 3);

#endif
