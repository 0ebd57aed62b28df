/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_guard.h - a process that only waits, and removes our tracefs instance when we are gone, whatever ended us.
 *
 * An instance is the one thing that outlives a process that is killed: it would hold the kernel's rings and go on
 * recording.  The guard has a session of its own, no file of ours, and all signals blocked but those that cannot be.
 */
#ifndef MEASURE_TRACE_GUARD_H
#define MEASURE_TRACE_GUARD_H

#include <sys/types.h>

#include "err.h"

struct trace_guard {
	pid_t pid; /* 0: none */
};

/* Before the instance is made, so that there is never one without. */
int trace_guard_start(const char *instance_path, struct trace_guard *ret, struct err *err)
        MUST_CHECK;
/* After it is removed. */
void trace_guard_end(struct trace_guard *guard);
/* Where a guard was killed as well: removes each instance "PREFIXpid" of a process that is no more. */
void trace_guard_sweep(const char *prefix);

#endif
