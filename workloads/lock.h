/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock.h - all workers fight for one spin-lock.  When the thread that holds it loses its CPU, the others burn theirs:
 * lock-holder preemption, the classic loss of an overcommitted VM.
 */
#ifndef WORKLOADS_LOCK_H
#define WORKLOADS_LOCK_H

#include "load.h"

extern const struct load load_lock;

#endif
