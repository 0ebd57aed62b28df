/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.h - what a workload is to the crew and to the answer: one worker's life, and what its counts mean.
 */
#ifndef WORKLOADS_LOAD_H
#define WORKLOADS_LOAD_H

#include "err.h"
#include "tally.h"

struct answer;
struct figures;
struct job;
struct out;
struct store;
struct warnings;
struct workload;

/* Where a worker stands.  All of it outlives the worker. */
struct place {
	const struct job *job;
	const struct store *store; /* of an I/O workload: one of nr_stores, workers take turns */
	int nr_stores;
	int worker;
	void *common; /* LOAD_COMMON zeroed bytes, page aligned, the same for all workers */
	int in, out;  /* pipes to and from the partner, where the catalog says that there is one */
};

#define LOAD_COMMON     4096
#define LOAD_UNFINISHED 1

struct load {
	const char *name;
	const char *hist[TALLY_HISTS]; /* names of the histograms; NULL: not kept */
	/* On the CPU the worker has been given; what happens here is not timed.  *ret may stay NULL. */
	int (*open)(const struct place *place, void **ret, struct err *err);
	/* Until the window is stopped.  0; LOAD_UNFINISHED: its counts are valid, but the device may still write to what
	 * is the load's, so it is never closed. */
	int (*run)(void *state, struct window *window, struct tally *tally, struct err *err);
	/* Adds an operation that has been under way since then to the counts, as one that lasts at least until now.  NULL: a
	 * worker that does not come back is waited for. */
	void (*give_up)(struct tally *tally, struct window *window, int64_t since_ns,
	                int64_t now_ns);
	void (*close)(void *state);
	int (*partner)(const struct place *place,
	               struct err *err); /* the second thread's whole life */
	void (*figures)(const struct answer *answer, struct figures *figures);
	/* Units of work in the window, as the catalog names them; NULL: the requests of an I/O workload, or none. */
	uint64_t (*ops)(const struct tally *total);
	/* Members of a JSON object, or NULL: what was had of what was asked for. */
	void (*engine)(const struct answer *answer, struct out *out);
	void (*warn)(const struct answer *answer, struct warnings *warnings);
};

const struct load *load_of(const struct workload *workload);

#endif
