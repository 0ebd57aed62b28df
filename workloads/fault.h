/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault.h - page faults: memory is mapped, each page touched for the first time, and given back.
 */
#ifndef WORKLOADS_FAULT_H
#define WORKLOADS_FAULT_H

#include "load.h"

#include <stddef.h>
#include <stdint.h>

extern const struct load load_fault;

/* Touches each page of a fresh mapping; the time of the touching, and the faults that the kernel counted.  While it
 * lasts the tally's detail is when it began. */
int faults_round(size_t bytes, struct tally *tally, struct tally_sum *ret, struct err *err)
        MUST_CHECK;

#endif
