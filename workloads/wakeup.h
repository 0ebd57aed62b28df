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

#endif
