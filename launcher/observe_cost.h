/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_cost.h - what a level of --observe costs on this host: ns a context switch, which is where observers work;
 * and what --trace does: ns an event.
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
	double ns_per_event; /* of --trace */
	double ns_per_punt;  /* asked for only where there was one: observe_punts.c */
};

/* Measures once a session and level or trace, in about a tenth of a second, on qlaunch's own CPUs: a child plays ping-pong
 * through two pipes, alone and watched.  Light is nothing inside the window, so nothing is measured. */
int observe_cost(struct session *session, const struct spec *spec, struct err *err) MUST_CHECK;

#endif
