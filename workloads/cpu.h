/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu.h - sysbench's cpu event: count the primes in [3, 20000) by trial division in 64 bits.
 */
#ifndef WORKLOADS_CPU_H
#define WORKLOADS_CPU_H

#include <stdint.h>

#include "load.h"

#define CPU_MAX_PRIME 20000
#define CPU_PRIMES    2261
#define CPU_DIVISIONS 301275

struct cpu_event {
	uint64_t primes, divisions;
};

struct cpu_event cpu_event_run(uint64_t max_prime);
/* The same kind of work and nothing of it counted: at least so many divisions, from the largest candidates down.
 * Returns how many they were. */
uint64_t cpu_extra_run(uint64_t divisions);
/* Events until the window is stopped; an event with a wrong count ends the run. */
extern const struct load load_cpu;

#endif
