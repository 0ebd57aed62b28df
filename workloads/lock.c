/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.c - a test-and-set lock that is only read while it is taken, and the little it protects. */
#include "lock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>

#include "answer.h"
#include "answer_parts.h"
#include "job.h"
#include "text.h"

#define WORK 64 /* steps inside the lock, and as many outside */

enum { WAIT, HOLD }; /* histograms */

/* At the start of the workers' common page. */
struct convoy {
	_Alignas(128) _Atomic int taken;
	_Alignas(128) volatile uint64_t first, last; /* equal unless two were inside at once */
};

_Static_assert(sizeof(struct convoy) <= LOAD_COMMON, "the common page holds it");

static inline void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#else
	__asm__ volatile("" : : : "memory");
#endif
}

static void work(void)
{
	for (int i = 0; i < WORK; i++)
		__asm__ volatile("" : : : "memory");
}

/* false: whoever holds it did not run again, and so its waiters have been given up. */
static bool lock(struct convoy *convoy, const struct tally *tally)
{
	while (atomic_exchange_explicit(&convoy->taken, 1, memory_order_acquire)) {
		while (atomic_load_explicit(&convoy->taken, memory_order_relaxed)) {
			if (atomic_load_explicit(&tally->since_ns, memory_order_relaxed) ==
			    TALLY_GIVEN_UP)
				return false;
			relax();
		}
	}
	return true;
}

static void unlock(struct convoy *convoy)
{
	atomic_store_explicit(&convoy->taken, 0, memory_order_release);
}

static int convoy_open(const struct place *place, void **ret, struct err *err)
{
	(void)err;
	*ret = place->common;
	return 0;
}

static int convoy_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	struct convoy *convoy = state;
	bool alone = true;

	while (alone && !window_stopped(window)) {
		int64_t asked = clock_now_ns(), got, left;
		bool is_ours;

		if (!tally_begin_fast(tally, window, asked) || !lock(convoy, tally))
			return 0;
		got = clock_now_ns();
		atomic_store_explicit(&tally->detail, got, memory_order_relaxed);
		alone = convoy->first == convoy->last;
		convoy->first++;
		work();
		convoy->last++;
		left = clock_now_ns();
		is_ours = tally_end_fast(tally, window);
		unlock(convoy);
		work();
		if (!is_ours)
			break;
		tally->done[HOLD] += window_holds(window, left);
		if (!window_meets(window, asked, left))
			continue;
		hist_add(&tally->hist[WAIT], (uint64_t)(got - asked), 1);
		hist_add(&tally->hist[HOLD], (uint64_t)(left - got), 1);
	}
	return alone ? 0 : err_set(err, EIO, "two workers held the lock at once");
}

/* Waiting, or holding it. */
static void convoy_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                           int64_t now_ns)
{
	int64_t got_ns = tally->detail;

	if (!window_meets(window, since_ns, now_ns))
		return;
	if (got_ns < since_ns) {
		hist_add_open(&tally->hist[WAIT], (uint64_t)(now_ns - since_ns));
		return;
	}
	hist_add(&tally->hist[WAIT], (uint64_t)(got_ns - since_ns), 1);
	hist_add_open(&tally->hist[HOLD], (uint64_t)(now_ns - got_ns));
}

/* One worker takes a free lock: neither its wait nor its rate says anything of waiting. */
static void convoy_figures(const struct answer *answer, struct figures *figures)
{
	const struct hist *hist = answer->total->hist;
	bool is_alone = answer->job->threads == 1;
	int first = figures->nr;

	figures_add(figures, "ops/s", "higher",
	            (double)answer->total->done[HOLD] * NSEC_PER_SEC / (double)answer->window_ns,
	            "lock_ops_per_s");
	figures_add_latencies(figures, "lock_wait", &hist[WAIT]);
	for (int i = first; is_alone && i < figures->nr; i++)
		figures->list[i].why = "one worker: nobody waits";
	figures_add_max(figures, "lock_hold", &hist[HOLD]);
}

static void convoy_warn(const struct answer *answer, struct warnings *warnings)
{
	if (answer->job->threads == 1)
		warn(warnings, "one worker never waits for the lock: lock needs two vCPUs or more");
}

static uint64_t convoy_ops(const struct tally *total)
{
	return total->done[HOLD];
}

const struct load load_lock = {
	.name = "lock",
	.hist = { "lock_wait_ns", "lock_hold_ns" },
	.open = convoy_open,
	.run = convoy_run,
	.give_up = convoy_give_up,
	.figures = convoy_figures,
	.ops = convoy_ops,
	.warn = convoy_warn,
};
