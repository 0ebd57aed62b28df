/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chase.c - chains of cache lines, and walks along them. */
#include "chase.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "answer.h"
#include "answer_parts.h"
#include "cleanup.h"
#include "job.h"
#include "out.h"
#include "pages.h"
#include "text.h"

enum { L1, L2, LLC, DRAM, HUGE_PAGES, SETS };
enum { FACT_HUGE_BYTES };

/* A round visits all sets; a cache that the other sets have emptied is filled again before the clock runs. */
static const struct {
	const char *figure;
	uint64_t bytes, timed; /* loads of a walk */
	bool fill;
} sets[SETS] = {
	[L1] = { "mem_l1_ns", 16 << 10, 1 << 14, true },
	[L2] = { "mem_l2_ns", 256 << 10, 1 << 14, true },
	[LLC] = { "mem_llc_ns", 8 << 20, 1 << 14, true },
	[DRAM] = { "mem_latency_ns", 128 << 20, 1 << 14, false },
	[HUGE_PAGES] = { "mem_huge_ns", 128 << 20, 1 << 14, false },
};

_Static_assert((int)SETS <= (int)TALLY_HISTS, "a histogram for each set");

struct chase {
	struct pages pages[SETS];
	uint64_t nr[SETS];
	const struct chase_node *at[SETS];
};

/* Sattolo's shuffle: unlike others it always makes a single cycle.  Numbering it is the proof. */
int chase_link(struct chase_node *nodes, uint64_t nr, struct rng *rng, struct err *err)
{
	struct chase_node *at = nodes;
	uint64_t seen = 0;

	for (uint64_t i = 0; i < nr; i++)
		nodes[i].next = &nodes[i];
	for (uint64_t i = nr - 1; i > 0; i--) {
		uint64_t k = rng_below(rng, i);
		struct chase_node *next = nodes[i].next;

		nodes[i].next = nodes[k].next;
		nodes[k].next = next;
	}
	do {
		at->position = seen++;
		at = at->next;
	} while (at != nodes && seen < nr);
	if (at != nodes || seen != nr)
		return err_set(err, EIO, "a chain of %" PRIu64 " came back after %" PRIu64, nr,
		               seen);
	return 0;
}

const struct chase_node *chase_walk(const struct chase_node *at, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		at = at->next;
		__asm__ volatile(""
		                 : "+r"(at)); /* each load is done, and waits for the one before */
	}
	return at;
}

static void chase_close(void *state)
{
	struct chase *chase = state;

	for (int i = 0; chase && i < SETS; i++)
		pages_unmap(&chase->pages[i]);
	free(chase);
}

static void chase_free(struct chase **chase)
{
	chase_close(*chase);
	*chase = NULL;
}

static int chase_open(const struct place *place, void **ret, struct err *err)
{
	CLEANUP(chase_free) struct chase *chase = calloc(1, sizeof(*chase));
	struct rng rng;

	if (!chase)
		return err_set(err, ENOMEM, "no memory for a chain");
	rng_seed(&rng, place->job->seed + (uint64_t)place->worker);
	for (int i = 0; i < SETS; i++) {
		chase->nr[i] = sets[i].bytes / sizeof(struct chase_node);
		if (pages_map(sets[i].bytes, i == HUGE_PAGES, &chase->pages[i], err) < 0 ||
		    chase_link(chase->pages[i].map, chase->nr[i], &rng, err) < 0)
			return -err->code;
		chase->at[i] = chase->pages[i].map;
	}
	*ret = STEAL(&chase);
	return 0;
}

/* From the first line to the last: the prefetcher helps, and the walk finds the cache as full as it can be. */
static void fill_cache(const struct chase *chase, int i)
{
	const struct chase_node *nodes = chase->pages[i].map;
	uint64_t sum = 0;

	for (uint64_t k = 0; sets[i].fill && k < chase->nr[i]; k++)
		sum += nodes[k].position;
	__asm__ volatile("" : : "r"(sum));
}

/* The end of a walk is known beforehand: a load that was skipped, or done twice, ends the run. */
static int walk_timed(struct chase *chase, int i, struct window *window, struct tally *tally,
                      struct err *err)
{
	const struct chase_node *at = chase->at[i];
	uint64_t position = (at->position + sets[i].timed) % chase->nr[i];
	int64_t begin, end;

	fill_cache(chase, i);
	begin = clock_now_ns();
	at = chase_walk(at, sets[i].timed);
	end = clock_now_ns();
	chase->at[i] = at;
	if (at->position != position)
		return err_set(err, EIO, "a walk ended at %" PRIu64 ", not at %" PRIu64,
		               at->position, position);
	if (window_holds(window, end)) /* in ps a load */
		hist_add(&tally->hist[i], (uint64_t)(end - begin) * 1000 / sets[i].timed, 1);
	return 0;
}

static int chase_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	struct chase *chase = state;

	tally->fact[FACT_HUGE_BYTES] = pages_huge_bytes(&chase->pages[HUGE_PAGES]);
	while (!window_stopped(window)) {
		for (int i = 0; i < SETS && !window_stopped(window); i++) {
			if (walk_timed(chase, i, window, tally, err) < 0)
				return -err->code;
		}
	}
	return 0;
}

/* The median of the walks: one that lost its CPU half-way tells nothing of the memory. */
static void chase_figures(const struct answer *answer, struct figures *figures)
{
	static const int order[] = { DRAM, L1, L2, LLC, HUGE_PAGES };
	const struct tally *total = answer->total;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		int set = order[i];
		const struct hist *walks = &total->hist[set];
		double median_ns = (double)hist_percentile_ns(walks, 500000) / 1000;
		struct load_figure *figure = figures_add(figures, "ns", "lower", median_ns, "%s",
		                                         sets[set].figure);

		if (set == HUGE_PAGES && total->fact[FACT_HUGE_BYTES] < sets[set].bytes)
			figure->why = "the kernel gave no huge pages, or too few: see engine";
		else if (!walks->count)
			figure->why = "no walk ended in the window";
	}
}

static void chase_engine(const struct answer *answer, struct out *out)
{
	out_add(out, "\"sizes\":\"l1 16k, l2 256k, llc 8M, dram 128M\",\"pages\":\"4k\"");
	out_add(out, ",\"huge_bytes\":%" PRIu64 ",\"huge_bytes_asked\":%" PRIu64,
	        answer->total->fact[FACT_HUGE_BYTES], sets[HUGE_PAGES].bytes);
}

const struct load load_mem = {
	.name = "mem",
	.open = chase_open,
	.run = chase_run,
	.close = chase_close,
	.figures = chase_figures,
	.engine = chase_engine,
};
