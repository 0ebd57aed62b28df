/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rng.h - xoshiro256**: small, fast and repeatable.  The same seed gives the same offsets on host and guest.
 * Not for secrets.
 */
#ifndef WORKLOADS_RNG_H
#define WORKLOADS_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *rng, uint64_t seed);
void rng_fill(struct rng *rng, void *bytes, size_t len);

static inline uint64_t rng_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s, out = rng_rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotl(s[3], 45);
	return out;
}

/* 0 .. n-1 by multiply-shift (n > 0): the bias is below n / 2^64, and there is no division. */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)rng_next(rng) * n) >> 64);
}

#endif
