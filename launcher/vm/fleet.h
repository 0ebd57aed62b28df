/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fleet.h - the targets of one arm: its VMs (--vms), or the one qload on the host.  The first is the one whose figures
 * a result line has; the others are its neighbours.
 */
#ifndef LAUNCHER_FLEET_H
#define LAUNCHER_FLEET_H

#include "err.h"

struct plan;
struct session;
struct target;
struct vm_wish;

struct fleet {
	int nr;
	struct target **target;
};

int fleet_start_native(struct session *session, const struct plan *plan, struct fleet **ret,
                       struct err *err) MUST_CHECK;
/* As many as the plan says, each started, stopped and placed; wish->vm is ours. */
int fleet_start_vms(struct session *session, const struct vm_wish *wish, struct fleet **ret,
                    struct err *err) MUST_CHECK;
/* --hold, once for all. */
int fleet_hold(struct fleet *fleet, struct err *err) MUST_CHECK;
/* All run at once, then each one's hello is waited for. */
int fleet_release(struct fleet *fleet, const struct plan *plan, struct err *err) MUST_CHECK;
/* Where there are several, the message says which one it is about. */
int fleet_blame(const struct fleet *fleet, int vm, struct err *err);
void fleet_end(struct fleet **fleet);

#endif
