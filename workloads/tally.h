/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tally.h - the timed window, as all workers see it, and what one worker counted in it.
 */
#ifndef WORKLOADS_TALLY_H
#define WORKLOADS_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hist.h"

/*
 * The load runs before, in and after the window.  What ends inside it is throughput.  Latencies are those of all that was
 * under way in it, with the whole time each took, however long after the end; where a schedule says when each one is due,
 * of all that were due in it.
 */
struct window {
	_Atomic int64_t begin_ns, end_ns; /* INT64_MAX: not yet */
	_Atomic bool stop;
};

enum { TALLY_READ, TALLY_WRITE, TALLY_KINDS, TALLY_EVENT = 0, TALLY_HISTS = 5 };

/* Operations that are timed together; what each sum means is the workload's. */
#define TALLY_SUMS  2
#define TALLY_FACTS 4

struct tally_sum {
	uint64_t ops, ns;
	uint64_t
	        nr_open; /* beside ops: had not ended when they were given up, so that ns is a lower bound */
};

#define TALLY_GIVEN_UP (-1)

struct tally {
	struct hist hist[TALLY_HISTS]; /* latencies */
	uint64_t done[TALLY_HISTS];    /* operations that ended in the window */
	struct tally_sum sum[TALLY_SUMS];
	uint64_t
	        late; /* operations due in the window that began too late, by the workload's measure */
	uint64_t fact
	        [TALLY_FACTS]; /* what was had of what was asked for; of all workers the least */
	uint64_t bytes[TALLY_KINDS];
	uint64_t errors,
	        shorts;  /* from the first request to the last, not only inside the window */
	int first_error; /* errno */
	/* 0, or: calls under way that only a device can end, the last since then, and all of them short */
	_Atomic int64_t called_ns;
	/* 0, or since when an operation is under way (wakeup: when it is due); TALLY_GIVEN_UP: the crew has counted it, and
	 * the worker counts no more */
	_Atomic int64_t since_ns;
	_Atomic int64_t
	        detail; /* of that operation; lock: when the lock was taken, pipe: whose sum, fault: since when pages are touched */
	int nr_given_up;      /* workers */
	uint64_t enters;      /* io_uring_enter calls, whole run */
	uint64_t requests;    /* completions, whole run */
	unsigned setup_flags; /* IORING_SETUP_... that the kernel took */
	unsigned registered;  /* URING_HAS_... */
};

static inline bool window_holds(struct window *window, int64_t ns)
{
	return ns >= atomic_load_explicit(&window->begin_ns, memory_order_relaxed) &&
	       ns <= atomic_load_explicit(&window->end_ns, memory_order_relaxed);
}

/* Whether what took this time was under way in the window. */
static inline bool window_meets(struct window *window, int64_t from_ns, int64_t to_ns)
{
	return to_ns >= atomic_load_explicit(&window->begin_ns, memory_order_relaxed) &&
	       from_ns <= atomic_load_explicit(&window->end_ns, memory_order_relaxed);
}

/* Whether the window has ended, and this time is not after its end. */
static inline bool window_owes(struct window *window, int64_t due_ns)
{
	int64_t end_ns = atomic_load_explicit(&window->end_ns, memory_order_relaxed);

	return end_ns != INT64_MAX && due_ns <= end_ns;
}

static inline bool window_stopped(struct window *window)
{
	return atomic_load_explicit(&window->stop, memory_order_relaxed);
}

static inline void tally_sum_open(struct tally_sum *sum, uint64_t ops, int64_t ns)
{
	sum->nr_open += ops;
	sum->ns += (uint64_t)ns;
}

/*
 * Of loads that the crew can give up: an operation begins, and ends.  false: the crew was first, and the worker counts no
 * more.
 */
static inline bool tally_begin(struct tally *tally, int64_t since_ns)
{
	return atomic_exchange(&tally->since_ns, since_ns) != TALLY_GIVEN_UP;
}

static inline bool tally_end(struct tally *tally)
{
	return atomic_exchange(&tally->since_ns, 0) != TALLY_GIVEN_UP;
}

/* For operations of some ns: without an atomic exchange, as nobody is given up before the load is told to stop. */
static inline bool tally_begin_fast(struct tally *tally, struct window *window, int64_t since_ns)
{
	if (window_stopped(window))
		return tally_begin(tally, since_ns);
	atomic_store_explicit(&tally->since_ns, since_ns, memory_order_release);
	return true;
}

static inline bool tally_end_fast(struct tally *tally, struct window *window)
{
	if (window_stopped(window))
		return tally_end(tally);
	atomic_store_explicit(&tally->since_ns, 0, memory_order_relaxed);
	return true;
}

#endif
