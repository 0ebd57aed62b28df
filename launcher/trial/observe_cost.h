/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_cost.h - what a level of --observe costs on this host: ns a context switch, which is where observers work;
 * and what --trace does: ns an event.
 */
#ifndef LAUNCHER_OBSERVE_COST_H
#define LAUNCHER_OBSERVE_COST_H

#include <stdbool.h>

#include "err.h"

struct observe_costs;
struct session;
struct spec;

/*
 * Measures once a session and level and list of events, or trace, in about a tenth of a second, on qlaunch's own CPUs: a
 * child plays ping-pong through two pipes, alone and watched.  Light is nothing inside the window, so nothing is
 * measured.  kvm: for a VM of KVM's; the child's threads are then watched as its vCPUs are, but they leave no guest: what
 * watching an exit costs is observe_deep.c's.
 */
int observe_cost(struct session *session, const struct spec *spec, bool kvm, struct err *err)
        MUST_CHECK;
/* Of a context switch at this level, with the spec's events; 0: not measured, NaN: not measurable. */
double observe_price(const struct observe_costs *costs, int level, const struct spec *spec,
                     bool kvm);

#endif
