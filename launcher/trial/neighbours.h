/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neighbours.h - a trial of several equal VMs as one result line.  Knows no VM.
 *
 * The line's figures are the first VM's: what one VM had, as in a line without neighbours.  A mean over the VMs would
 * be the total by another name, and would look well when one of them is kept out.  What is about all of them are
 * figures of their own: vms_total_PRIMARY, vms_worst_PRIMARY, vms_fairness, vms_cpu_fairness, vms_overlap.
 */
#ifndef LAUNCHER_NEIGHBOURS_H
#define LAUNCHER_NEIGHBOURS_H

#include <stdint.h>

struct json_object;

struct vm_part {
	struct json_object *line; /* with figures, threads and warnings; the first is the trial's */
	int64_t done_ns;          /* when its load was done, on the host's clock */
	int64_t load_ns;          /* its load's own timed part */
	double vcpu_s; /* CPU time of its vCPUs until the first VM of all was done; NaN: not known */
	int nr_claimed; /* the first figures of the line are the load's own */
};

/* Adds neighbours[], their threads and warnings, and the figures over all VMs (also where there is one) to the first
 * line. */
void neighbours_join(const struct vm_part *parts, int nr, const char *workload);

#endif
