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
};

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

#endif
