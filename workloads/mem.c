/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem.c - chains of cache lines, and walks along them. */
#include "mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "answer.h"
#include "answer_parts.h"
#include "caches.h"
#include "cleanup.h"
#include "job.h"
#include "mem_sizes.h"
#include "out.h"
#include "pages.h"
#include "text.h"

enum { L1, L2, LLC, DRAM, HUGE_PAGES, SETS };
enum { FACT_HUGE_BYTES };

#define WALKS_MAX 16

/* A round visits all sets; a cache that the other sets have emptied is walked until a walk takes as long as the one before. */
static const struct {
	const char *figure;
	uint64_t timed; /* loads of a walk, at least */
	bool is_cached;
} sets[SETS] = {
	[L1] = { "mem_l1_ns", 1 << 14, true },
	[L2] = { "mem_l2_ns", 1 << 14, true },
	[LLC] = { "mem_llc_ns", 1 << 14, true },
	[DRAM] = { "mem_latency_ns", 1 << 14, false },
	[HUGE_PAGES] = { "mem_huge_ns", 1 << 14, false },
};

_Static_assert((int)SETS <= (int)TALLY_HISTS, "a histogram for each set");

/* 0: there is no such set. */
static uint64_t bytes_of(const struct mem_sizes *sizes, int set)
{
	switch (set) {
	case L1:
		return sizes->l1;
	case L2:
		return sizes->l2;
	case LLC:
		return sizes->llc;
	default:
		return sizes->dram;
	}
}

struct chase {
	struct pages pages[SETS];
	uint64_t nr[SETS];
	const struct chase_node *at[SETS];
};

/*
 * In the order of a shuffled list, which is the proof of a single cycle: each node is named in it once.  Stores of this
 * kind wait for none before them; a shuffle of the nodes themselves, then a walk to number them, takes six times as
 * long where no cache holds them.
 */
int chase_link(struct chase_node *nodes, uint64_t nr, struct rng *rng, struct err *err)
{
	CLEANUP(str_free) char *memory = malloc(nr * sizeof(uint32_t));
	uint32_t *order = (void *)memory;

	if (!order || nr > UINT32_MAX)
		return err_set(err, ENOMEM, "no memory for a chain of %" PRIu64, nr);
	for (uint64_t i = 0; i < nr; i++)
		order[i] = (uint32_t)i;
	for (uint64_t i = nr - 1; i > 0; i--) {
		uint64_t k = rng_below(rng, i) + 1; /* the first stays: a walk begins there */
		uint32_t other = order[i];

		order[i] = order[k];
		order[k] = other;
	}
	for (uint64_t i = 0; i < nr; i++) {
		nodes[order[i]].next = &nodes[order[i + 1 < nr ? i + 1 : 0]];
		nodes[order[i]].position = i;
	}
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
	const struct mem_sizes *sizes = &place->job->mem;
	struct rng rng;

	if (!chase)
		return err_set(err, ENOMEM, "no memory for a chain");
	rng_seed(&rng, place->job->seed + (uint64_t)place->worker);
	for (int i = 0; i < SETS; i++) {
		uint64_t bytes = bytes_of(sizes, i);

		chase->nr[i] = bytes / sizeof(struct chase_node);
		if (!bytes)
			continue;
		if (pages_map(bytes, i == HUGE_PAGES, &chase->pages[i], err) < 0)
			return -err->code;
		/* All at once is quicker than a fault for each; an older kernel refuses, and then they come. */
		(void)madvise(chase->pages[i].map, bytes, MADV_POPULATE_WRITE);
		if (chase_link(chase->pages[i].map, chase->nr[i], &rng, err) < 0)
			return -err->code;
		chase->at[i] = chase->pages[i].map;
	}
	*ret = STEAL(&chase);
	return 0;
}

struct walk {
	int64_t begin_ns, end_ns;
	uint64_t ps; /* a load */
};

/* The end of a walk is known beforehand: a load that was skipped, or done twice, ends the run.  A cached set is walked
 * whole, so that each walk finds what the one before has left. */
static int walk_once(struct chase *chase, int i, struct walk *ret, struct err *err)
{
	const struct chase_node *at = chase->at[i];
	bool is_whole = sets[i].is_cached && chase->nr[i] > sets[i].timed;
	uint64_t steps = is_whole ? chase->nr[i] : sets[i].timed;
	uint64_t position = (at->position + steps) % chase->nr[i];
	int64_t begin = clock_now_ns(), end;

	at = chase_walk(at, steps);
	end = clock_now_ns();
	chase->at[i] = at;
	if (at->position != position)
		return err_set(err, EIO, "a walk ended at %" PRIu64 ", not at %" PRIu64,
		               at->position, position);
	*ret = (struct walk){ begin, end, (uint64_t)(end - begin) * 1000 / steps };
	return 0;
}

/* Within 2 %. */
static bool is_steady(uint64_t ps, uint64_t before_ps)
{
	uint64_t apart = ps > before_ps ? ps - before_ps : before_ps - ps;

	return apart * 50 <= before_ps;
}

/* The first walks bring the set back into the cache, and what translates its addresses.  On a machine that is never steady
 * the last of WALKS_MAX counts. */
static int walk_timed(struct chase *chase, int i, struct window *window, struct tally *tally,
                      struct err *err)
{
	struct walk walk = { 0 };
	uint64_t before_ps;
	int nr = 0;

	do {
		before_ps = walk.ps;
		if (walk_once(chase, i, &walk, err) < 0)
			return -err->code;
	} while (sets[i].is_cached && !is_steady(walk.ps, before_ps) && ++nr < WALKS_MAX);
	if (window_meets(window, walk.begin_ns, walk.end_ns))
		hist_add(&tally->hist[i], walk.ps, 1);
	return 0;
}

static int chase_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	struct chase *chase = state;

	tally->fact[FACT_HUGE_BYTES] = pages_huge_bytes(&chase->pages[HUGE_PAGES]);
	while (!window_stopped(window)) {
		for (int i = 0; i < SETS && !window_stopped(window); i++) {
			if (chase->nr[i] && walk_timed(chase, i, window, tally, err) < 0)
				return -err->code;
		}
	}
	return 0;
}

/* Nothing: a walk that lost its CPU half-way tells nothing of the memory. */
static void chase_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                          int64_t now_ns)
{
	(void)tally;
	(void)window;
	(void)since_ns;
	(void)now_ns;
}

/* The median of the walks: one that lost its CPU half-way tells nothing of the memory. */
static void chase_figures(const struct answer *answer, struct figures *figures)
{
	static const int order[] = { DRAM, L1, L2, LLC, HUGE_PAGES };
	const struct tally *total = answer->total;
	const struct mem_sizes *sizes = &answer->job->mem;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		int set = order[i];
		const struct hist *walks = &total->hist[set];
		double median_ns = (double)hist_percentile_ns(walks, 500000) / 1000;
		struct load_figure *figure = figures_add(figures, "ns", "lower", median_ns, "%s",
		                                         sets[set].figure);

		if (!bytes_of(sizes, set))
			figure->why = "no cache here is much larger than L2";
		else if (set == HUGE_PAGES && total->fact[FACT_HUGE_BYTES] < sizes->dram)
			figure->why = "the kernel gave no huge pages, or too few: see engine";
		else if (!walks->count)
			figure->why = "no walk ended in the window";
	}
}

static void format_sizes(const struct mem_sizes *sizes, char *buf, size_t size)
{
	static const char *const names[] = {
		[L1] = "l1", [L2] = "l2", [LLC] = "llc", [DRAM] = "dram"
	};
	size_t used = 0;

	for (int i = L1; i <= DRAM && used < size; i++) {
		char one[24];

		text_format_size(bytes_of(sizes, i), one, sizeof(one));
		used += (size_t)snprintf(buf + used, size - used, "%s%s %s", i ? ", " : "",
		                         names[i], bytes_of(sizes, i) ? one : "none");
	}
}

/* What this machine says of its caches: a guest is often told what its host does not have. */
static void chase_engine(const struct answer *answer, struct out *out)
{
	const struct mem_sizes *sizes = &answer->job->mem;
	struct caches seen;
	char text[128];

	format_sizes(sizes, text, sizeof(text));
	out_add(out, "\"sizes\":\"%s\",\"pages\":\"4k\"", text);
	text_format_size(sizes->cache, text, sizeof(text));
	out_add(out, ",\"last_cache\":\"%s\",\"beyond_cache\":%s", sizes->cache ? text : "unknown",
	        mem_sizes_leave_cache(sizes) ? "true" : "false");
	caches_read("", &seen);
	caches_format(&seen, text, sizeof(text));
	out_add(out, ",\"caches_seen\":\"%s\"", text);
	out_add(out, ",\"huge_bytes\":%" PRIu64 ",\"huge_bytes_asked\":%" PRIu64,
	        answer->total->fact[FACT_HUGE_BYTES], sizes->dram);
}

static void chase_warn(const struct answer *answer, struct warnings *warnings)
{
	const struct mem_sizes *sizes = &answer->job->mem;
	char dram[24], cache[24];

	text_format_size(sizes->dram, dram, sizeof(dram));
	text_format_size(sizes->cache, cache, sizeof(cache));
	if (!sizes->cache)
		warn(warnings,
		     "nothing says how large the last cache is: mem_latency_ns (%s) may be its, not "
		     "DRAM's",
		     dram);
	else if (!mem_sizes_leave_cache(sizes))
		warn(warnings,
		     "mem_latency_ns and mem_huge_ns are not DRAM's alone: %s is less than twice the "
		     "last cache (%s); --memory %" PRIu64
		     "M or more, and KVM, leave room for enough",
		     dram, cache, (mem_sizes_wanted(sizes, answer->job->threads) >> 20) + 1);
}

const struct load load_mem = {
	.name = "mem",
	.open = chase_open,
	.run = chase_run,
	.give_up = chase_give_up,
	.close = chase_close,
	.figures = chase_figures,
	.engine = chase_engine,
	.warn = chase_warn,
};
