/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_vms.h - what it means for a plan that several VMs have the same CPUs.  Pure.
 */
#ifndef LAUNCHER_PLAN_VMS_H
#define LAUNCHER_PLAN_VMS_H

#include "plan.h"

/* The plan of the first VM is made: fills in the neighbours' rows, and refuses policies under which one VM keeps
 * another one out. */
int plan_vms(const struct spec *spec, const struct topology *host, struct plan *plan,
             struct err *err) MUST_CHECK;
/* -EINVAL where several VMs want more memory than there is available; 0 is "not known". */
int plan_vms_memory(const struct spec *spec, uint64_t available_bytes, struct err *err) MUST_CHECK;
/* For people: what the rows of the plan leave out. */
void plan_vms_print(const struct plan *plan, FILE *out);

#endif
