/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reading.h - what one read of a perf counter means.  Pure: the PMU may have been shared, so a count is scaled by
 * the time that it was wanted over the time that it ran.
 */
#ifndef MEASURE_READING_H
#define MEASURE_READING_H

#include <stdint.h>

/* As PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING lays it out. */
struct reading {
	uint64_t value;
	uint64_t enabled_ns, running_ns;
};

enum reading_state {
	READING_EXACT,     /* counted all the time; a thread that never ran counts 0 exactly */
	READING_SCALED,    /* counted a part of the time */
	READING_NEVER_RAN, /* wanted, but never on the PMU */
	READING_BROKEN,    /* ran longer than it was wanted */
};

/* *ret is the count, scaled where it must be; untouched where there is none. */
enum reading_state reading_scale(const struct reading *reading, double *ret);

#endif
