/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial.h - one workload in one arm: the step table of the experiment's smallest part.
 */
#ifndef LAUNCHER_TRIAL_H
#define LAUNCHER_TRIAL_H

#include <stdint.h>

#include "err.h"

struct fleet;
struct json_object;
struct plan;
struct spec;

/* Runs prepare ... result on all targets at once and fills the result line (made by result_new()).  On failure the message
 * begins with the step's name, and the line has no figures. */
int trial_run(const struct fleet *fleet, const struct plan *plan, const struct spec *spec,
              const char *workload, uint64_t seed, struct json_object *line, struct err *err)
        MUST_CHECK;

#endif
