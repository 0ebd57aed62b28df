/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rlimits.h - the resource limits of setrlimit(2) that would end a run half-way: found before QEMU or qload starts, with
 * the number that suffices.  Soft limits are raised to what is needed where the hard ones allow it.
 */
#ifndef LAUNCHER_RLIMITS_H
#define LAUNCHER_RLIMITS_H

#include <sys/resource.h>

#include "err.h"

struct plan;
struct spec;
struct topology;

#define RLIMITS_STACK_BYTES (1 << 20) /* of qlaunch's main thread */

struct rlimits {
	rlim_t files, tasks, memlock_bytes;
	rlim_t files_inherited; /* the soft limit before it was raised: for programs that know it as theirs */
	long nr_tasks; /* threads that this user has; of root, who has no limit: 0 */
};

/* First of all: deeper calls would end with SIGSEGV.  Sets *err where the hard limit does not allow it. */
int rlimits_check_stack(struct err *err) MUST_CHECK;
/* Raises the soft limits of files and locked memory to the hard ones, and refuses what no VM can start with. */
int rlimits_open(const struct spec *spec, const struct topology *host, struct rlimits *ret,
                 struct err *err) MUST_CHECK;
/* -EINVAL where the VMs or the workers of a plan cannot start.  What can run, but with less, becomes a note of it. */
int rlimits_check(const struct rlimits *limits, const struct spec *spec, struct plan *plan,
                  struct err *err) MUST_CHECK;

#endif
