/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_cost.h - what a level of --observe costs on this host: ns a context switch, which is where observers work.
 */
#ifndef LAUNCHER_OBSERVE_COST_H
#define LAUNCHER_OBSERVE_COST_H

#include "err.h"

struct session;
struct spec;

#define OBSERVE_LEVELS 8

/* By session and level: 0 not measured yet, NaN not measurable. */
struct observe_costs {
	double ns_per_switch[OBSERVE_LEVELS];
};

/* Measures once a session and level, in about a tenth of a second, on qlaunch's own CPUs: a child plays ping-pong
 * through two pipes, alone and watched.  Light is nothing inside the window, so nothing is measured. */
int observe_cost(struct session *session, const struct spec *spec, struct err *err) MUST_CHECK;

#endif
