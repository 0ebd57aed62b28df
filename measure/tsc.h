/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tsc.h - how fast this CPU's time stamp counter ticks, by the kernel's own clock: two readings of both, some time apart.
 * Waits for nothing and needs no privilege.
 */
#ifndef MEASURE_TSC_H
#define MEASURE_TSC_H

#include <stdint.h>

struct tsc_mark {
	int64_t ns; /* CLOCK_MONOTONIC_RAW: never slewed */
	uint64_t ticks;
	int64_t bound_ns; /* both were read within so long */
};

/* The closest of a few readings. */
struct tsc_mark tsc_mark(void);
/* In kHz, rounded to a whole MHz, so that qlaunch finds the same number on a host again and again, but for a rate that lies
 * halfway between two.  0: the readings are too close together to tell, or the CPU has no such counter.  Pure. */
unsigned tsc_khz(const struct tsc_mark *from, const struct tsc_mark *to);

#endif
