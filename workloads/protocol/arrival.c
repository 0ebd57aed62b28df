/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arrival.c - arrival times, constant and Poisson. */
#include "arrival.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

int arrival_parse(const char *text, struct arrival_rate *ret, struct err *err)
{
	struct arrival_rate rate = { 0 };
	char copy[64], *parts[2];
	int nr;

	if (text_copy(copy, sizeof(copy), text) < 0)
		return err_set(err, EINVAL, "'%.32s...' is no rate", text);
	if (!strcmp(copy, "none")) {
		*ret = rate;
		return 0;
	}
	nr = text_split(copy, ':', parts, 2);
	if (nr < 1)
		return err_set(err, EINVAL, "'%.32s' is none of none, N, N:constant, N:poisson",
		               text);
	if (text_parse_u64(parts[0], 1, ARRIVAL_RATE_MAX, &rate.per_s, err) < 0)
		return -err->code;
	rate.poisson = nr == 2 && !strcmp(parts[1], "poisson");
	if (nr == 2 && !rate.poisson && strcmp(parts[1], "constant") != 0)
		return err_set(err, EINVAL, "'%.32s' is neither constant nor poisson", parts[1]);
	*ret = rate;
	return 0;
}

void arrival_format(const struct arrival_rate *rate, char *buf, size_t size)
{
	if (!rate->per_s)
		text_copy(buf, size, "none");
	else
		snprintf(buf, size, "%" PRIu64 "%s", rate->per_s, rate->poisson ? ":poisson" : "");
}

/* Uniform in (0, 1]: its logarithm is finite. */
static double uniform(struct rng *rng)
{
	return (double)((rng_next(rng) >> 11) + 1) * 0x1p-53;
}

static double gap(struct arrival *arrival)
{
	return arrival->poisson ? -log(uniform(&arrival->rng)) * arrival->gap_ns : arrival->gap_ns;
}

void arrival_start(struct arrival *arrival, const struct arrival_rate *rate, int worker,
                   int workers, uint64_t seed, int64_t now_ns)
{
	*arrival = (struct arrival){ .origin_ns = now_ns,
		                     .gap_ns = 1e9 * workers / (double)rate->per_s,
		                     .poisson = rate->poisson };
	rng_seed(&arrival->rng, ~seed - (uint64_t)worker);
	arrival->offset_ns = rate->poisson ? gap(arrival) : arrival->gap_ns * worker / workers;
	arrival->next_ns = now_ns + llround(arrival->offset_ns);
}

void arrival_advance(struct arrival *arrival)
{
	arrival->offset_ns += gap(arrival);
	arrival->next_ns = arrival->origin_ns + llround(arrival->offset_ns);
}
