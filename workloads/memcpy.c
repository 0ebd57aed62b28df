/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memcpy.c - the C library's memcpy, which picks its instructions by the CPU it finds. */
#include "memcpy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "answer_parts.h"
#include "cleanup.h"
#include "job.h"
#include "out.h"
#include "pages.h"
#include "rng.h"
#include "text.h"

enum { FACT_HUGE_BYTES };

struct copy {
	struct pages from, to;
};

static void copy_close(void *state)
{
	struct copy *copy = state;

	if (!copy)
		return;
	pages_unmap(&copy->from);
	pages_unmap(&copy->to);
	free(copy);
}

static void copy_free(struct copy **copy)
{
	copy_close(*copy);
	*copy = NULL;
}

/* Huge pages where they are to be had: what a large buffer from malloc gets on most systems. */
static int copy_open(const struct place *place, void **ret, struct err *err)
{
	CLEANUP(copy_free) struct copy *copy = calloc(1, sizeof(*copy));
	struct rng rng;

	if (!copy)
		return err_set(err, ENOMEM, "no memory to copy");
	if (pages_map(COPY_BYTES, true, &copy->from, err) < 0 ||
	    pages_map(COPY_BYTES, true, &copy->to, err) < 0)
		return -err->code;
	rng_seed(&rng, place->job->seed + (uint64_t)place->worker);
	rng_fill(&rng, copy->from.map, COPY_BYTES);
	memset(copy->to.map, 0, COPY_BYTES);
	*ret = STEAL(&copy);
	return 0;
}

static int copy_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	struct copy *copy = state;
	bool is_copied = false; /* a worker may get no CPU before it is told to stop */

	tally->fact[FACT_HUGE_BYTES] = pages_huge_bytes(&copy->from) + pages_huge_bytes(&copy->to);
	while (!window_stopped(window)) {
		int64_t begin = clock_now_ns(), end;

		if (!tally_begin(tally, begin))
			return 0;
		memcpy(copy->to.map, copy->from.map, COPY_BYTES);
		__asm__ volatile("" : : "r"(copy->to.map) : "memory"); /* it is done each time */
		end = clock_now_ns();
		is_copied = true;
		if (!tally_end(tally))
			return 0;
		if (!window_meets(window, begin, end))
			continue;
		tally->sum[0].ops += COPY_BYTES;
		tally->sum[0].ns += (uint64_t)(end - begin);
	}
	if (is_copied && memcmp(copy->to.map, copy->from.map, COPY_BYTES) != 0)
		return err_set(err, EIO, "the copy differs from what was copied");
	return 0;
}

static void copy_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                         int64_t now_ns)
{
	if (window_meets(window, since_ns, now_ns))
		tally_sum_open(&tally->sum[0], COPY_BYTES, now_ns - since_ns);
}

/* By the time that copies took, so that one cut off by the window's end takes nothing away. */
static void copy_figures(const struct answer *answer, struct figures *figures)
{
	const struct tally_sum *sum = &answer->total->sum[0];
	double seconds = (double)sum->ns / NSEC_PER_SEC / answer->job->threads;
	struct load_figure *figure = figures_add(figures, "B/s", "higher",
	                                         sum->ops ? (double)sum->ops / seconds : 0,
	                                         "memcpy_bytes_per_s");

	figure->why = sum->ops ? NULL : "none in the window";
	if (sum->nr_open)
		figure->why =
		        "a copy of the window did not end, so that there is only an upper bound";
}

static void copy_engine(const struct answer *answer, struct out *out)
{
	out_add(out, "\"bytes\":%llu,\"huge_bytes\":%" PRIu64 ",\"huge_bytes_asked\":%llu",
	        COPY_BYTES, answer->total->fact[FACT_HUGE_BYTES], 2 * COPY_BYTES);
}

static uint64_t copy_ops(const struct tally *total)
{
	return total->sum[0].ops / COPY_BYTES;
}

const struct load load_memcpy = {
	.name = "memcpy",
	.open = copy_open,
	.run = copy_run,
	.give_up = copy_give_up,
	.close = copy_close,
	.figures = copy_figures,
	.ops = copy_ops,
	.engine = copy_engine,
};
