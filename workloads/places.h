/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places.h - where a worker's requests go: its part of its file, in order or at random.  What happens for every request
 * is in the header, for speed.
 */
#ifndef WORKLOADS_PLACES_H
#define WORKLOADS_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"

struct place;

struct places {
	bool is_needed, is_random, is_mixed; /* a nop has none; reads and writes */
	struct rng rng;
	uint64_t bs, first_block, nr_blocks, next_block;
};

/* Sequential workers have a slice each of their file; random ones share all of it. */
void places_choose(const struct place *place, struct places *ret);

/* The next one's offset in bytes. */
static inline uint64_t places_next(struct places *places)
{
	uint64_t block;

	if (places->is_random) {
		block = rng_below(&places->rng, places->nr_blocks);
	} else {
		block = places->next_block++;
		if (places->next_block == places->nr_blocks)
			places->next_block = 0;
	}
	return (places->first_block + block) * places->bs;
}

#endif
