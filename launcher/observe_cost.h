/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_cost.h - what a level of --observe costs on this host: ns a context switch, which is where observers work;
 * and what --trace does: ns an event.
 */
#ifndef LAUNCHER_OBSERVE_COST_H
#define LAUNCHER_OBSERVE_COST_H

#include <stdbool.h>

#include "err.h"

struct session;
struct spec;

#define OBSERVE_PRICES 16

/* Other events, and a vCPU's twice as many (in guest mode and in host mode), have another price. */
struct observe_price {
	int level;
	bool kvm;
	const char *events;   /* as in the spec: borrowed; NULL: the built-in set */
	double ns_per_switch; /* NaN: not measurable */
};

struct observe_costs {
	struct observe_price price[OBSERVE_PRICES]; /* the last ones */
	int nr_prices;                              /* that were ever measured */
	double ns_per_event; /* of --trace: 0 not measured yet, NaN not measurable */
	double ns_per_punt;  /* the same; asked for only where there was one: observe_punts.c */
};

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
