/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predict.h - what will keep the vCPUs off their CPUs, as far as it is known before they run: a cgroup's CPU quota and
 * the load of this host's own hypervisor.  Reads only.  What real-time threads lose: rt_limit.h.
 */
#ifndef LAUNCHER_PREDICT_H
#define LAUNCHER_PREDICT_H

#include <stdbool.h>

struct plan;

struct prediction {
	bool is_short;   /* something is taken from the vCPUs */
	char found[300]; /* the limit, and what is lost by it */
	char mend[300];  /* the command that changes it; "" where nothing is lost */
};

/* Of the cgroup that qlaunch is in, as its children are.  plan: NULL, it could not be made. */
void predict_quota(const struct plan *plan, struct prediction *ret);
/* The pure half: of this folder and those above it; "" for no cgroup. */
void predict_quota_of(const char *folder, const struct plan *plan, struct prediction *ret);
/* Looks for some tenths of a second where the host has lost time before. */
void predict_steal(struct prediction *ret);

#endif
