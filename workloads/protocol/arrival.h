/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arrival.h - when requests should start where a rate is given: an open loop, which does not wait for its answers.
 * Decides times, reads no clock.
 */
#ifndef WORKLOADS_ARRIVAL_H
#define WORKLOADS_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "rng.h"

#define ARRIVAL_RATE_MAX 100000000

/* How many a second, of all workers together; 0: no rate, a closed loop. */
struct arrival_rate {
	uint64_t per_s;
	bool poisson; /* gaps drawn from an exponential distribution, not all the same */
};

/* "none", N, N:constant, N:poisson */
int arrival_parse(const char *text, struct arrival_rate *ret, struct err *err) MUST_CHECK;
void arrival_format(const struct arrival_rate *rate, char *buf, size_t size);

struct arrival {
	int64_t next_ns; /* when the next one should start */
	int64_t origin_ns;
	double offset_ns, gap_ns; /* with their fractions: no rate drifts */
	bool poisson;
	struct rng rng;
};

/* One worker's share; workers of a constant rate take turns. */
void arrival_start(struct arrival *arrival, const struct arrival_rate *rate, int worker,
                   int workers, uint64_t seed, int64_t now_ns);
void arrival_advance(struct arrival *arrival);

#endif
