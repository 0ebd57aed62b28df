/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rng.c - seeding by splitmix64, as xoshiro's authors ask for: a state of zeros would stay zero for ever. */
#include "rng.h"

#include <string.h>

void rng_seed(struct rng *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
		rng->s[i] = z ^ (z >> 31);
	}
}

void rng_fill(struct rng *rng, void *bytes, size_t len)
{
	unsigned char *at = bytes;

	while (len) {
		uint64_t word = rng_next(rng);
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(at, &word, n);
		at += n;
		len -= n;
	}
}
