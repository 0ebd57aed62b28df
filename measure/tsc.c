/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tsc.c - the counter between two readings of the clock. */
#include "tsc.h"

#include <time.h>

#include "text.h"

#define TRIES 16
/* What the readings leave open must be less than the rounding: 200 ppm is half a MHz of 2.5 GHz. */
#define BOUNDS_LEAST  5000
#define KHZ_MAX       100e6
#define ROUND_TO_KHZ  1000
#define TICKS_PER_KHZ 1e6 /* ticks a ns to ticks a ms */

#ifdef __x86_64__
static uint64_t read_ticks(void)
{
	return __builtin_ia32_rdtsc();
}
#else
static uint64_t read_ticks(void)
{
	return 0;
}
#endif

static int64_t raw_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

struct tsc_mark tsc_mark(void)
{
	struct tsc_mark best = { .bound_ns = INT64_MAX };

	for (int i = 0; i < TRIES; i++) {
		int64_t before = raw_ns();
		uint64_t ticks = read_ticks();
		int64_t bound = raw_ns() - before;

		if (bound < best.bound_ns)
			best = (struct tsc_mark){ before + bound / 2, ticks, bound };
	}
	return best;
}

unsigned tsc_khz(const struct tsc_mark *from, const struct tsc_mark *to)
{
	double ns = (double)(to->ns - from->ns);
	double bounds = (double)from->bound_ns + (double)to->bound_ns;
	double khz;

	if (ns <= 0 || bounds * BOUNDS_LEAST > ns || to->ticks <= from->ticks)
		return 0;
	khz = (double)(to->ticks - from->ticks) / ns * TICKS_PER_KHZ;
	return khz < KHZ_MAX ? (unsigned)(khz / ROUND_TO_KHZ + 0.5) * ROUND_TO_KHZ : 0;
}
