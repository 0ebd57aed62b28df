/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places.c - shares the files out among the workers. */
#include "places.h"

#include "job.h"
#include "load.h"
#include "store.h"

void places_choose(const struct place *place, struct places *ret)
{
	const struct job *job = place->job;
	uint64_t all = place->store->bytes / job->bs;
	int file = place->worker % place->nr_stores;
	/* of the workers on this file */
	int nr = (job->threads - file + place->nr_stores - 1) / place->nr_stores;

	rng_seed(&ret->rng, job->seed + (uint64_t)place->worker);
	ret->bs = job->bs;
	ret->is_needed = !job->nop;
	ret->is_random = job_is_random(job);
	ret->is_mixed = job_read_percent(job) % 100;
	ret->nr_blocks = job_is_random(job) ? all : all / (uint64_t)nr;
	if (!job_is_random(job))
		ret->first_block = ret->nr_blocks * (uint64_t)(place->worker / place->nr_stores);
}
