/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wakeup.h - a timer every 200 us, as cyclictest has it: how late a thread wakes that should run at a certain time.
 *
 * A latency counts from the intended time and no period is skipped, so that a stall shows in every period it covers.
 */
#ifndef WORKLOADS_WAKEUP_H
#define WORKLOADS_WAKEUP_H

#include "load.h"

extern const struct load load_wakeup;

#define WAKEUP_INTERVAL_NS 200000

/* The tally's first fact: all is locked, or what could not be done, and the errno. */
#define WAKEUP_LOCKED               UINT64_MAX
#define WAKEUP_UNLOCKED(step, code) ((uint64_t)(step) << 32 | (uint32_t)(code))

enum wakeup_step {
	WAKEUP_LOCK_PROGRAM,
	WAKEUP_LOCK_STACK,
	WAKEUP_LOCK_COUNTS,
	WAKEUP_FIND_STACK,
	WAKEUP_STEPS
};

#endif
