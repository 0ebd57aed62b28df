/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wakeup.c - sleeps until a time, and looks how late it is. */
#include "wakeup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "answer.h"
#include "answer_parts.h"
#include "cleanup.h"
#include "guest.h"
#include "out.h"
#include "text.h"

#define STACK_BYTES (64 << 10) /* below the frame that waits */

enum { FACT_LOCKED, FACT_DMA_LATENCY, FACT_SLACK_SET };

static const char *const steps[WAKEUP_STEPS] = {
	[WAKEUP_LOCK_PROGRAM] = "mlock of the program",
	[WAKEUP_LOCK_STACK] = "mlock of the stack",
	[WAKEUP_LOCK_COUNTS] = "mlock of the counts",
	[WAKEUP_FIND_STACK] = "pthread_getattr_np",
};

struct area {
	const char *from;
	size_t bytes;
};

struct wakeup {
	int latency_fd; /* the kernel keeps to the latency as long as it is open */
	bool slack_set;
	struct area locked[WAKEUP_FIND_STACK]; /* by the step */
};

/*
 * No deep idle state where the CPU is ours, as cyclictest does it.  Not in the guest: there it would make idle a busy
 * loop, and the exits of a halted vCPU are what is to be measured.
 */
static int hold_latency(void)
{
	CLEANUP(fd_close)
	int fd = guest_is_here() ? -1 : open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
	const int32_t none = 0;

	if (fd >= 0 && write(fd, &none, sizeof(none)) == sizeof(none))
		return STEAL_FD(&fd);
	return -1;
}

/* This thread's, from some way below here; its thread-local data lies above it. */
static int find_stack(struct area *ret)
{
	char *here = __builtin_frame_address(0), *base;
	pthread_attr_t attr;
	size_t bytes;
	int rc = pthread_getattr_np(pthread_self(), &attr);

	if (rc)
		return rc;
	rc = pthread_attr_getstack(&attr, (void **)&base, &bytes);
	pthread_attr_destroy(&attr);
	if (rc)
		return rc;
	if (here - base > STACK_BYTES) {
		bytes -= (size_t)(here - STACK_BYTES - base);
		base = here - STACK_BYTES;
	}
	*ret = (struct area){ base, bytes };
	return 0;
}

/*
 * All that a wake-up touches: the program, this thread's stack and the counts; returns the fact.  Not mlockall(): that
 * wants room for every byte of the address space, and a native qload has no capability and often 8 MiB, where a guest's
 * is root.  What fits for both is the same in both.
 */
static uint64_t lock_memory(struct wakeup *wakeup, const struct tally *tally)
{
	extern char __executable_start[], end[];
	struct area areas[] = {
		[WAKEUP_LOCK_PROGRAM] = { __executable_start,
		                          (uintptr_t)end - (uintptr_t)__executable_start },
		[WAKEUP_LOCK_COUNTS] = { (const char *)tally, sizeof(*tally) },
	};
	int rc = find_stack(&areas[WAKEUP_LOCK_STACK]);

	if (rc)
		return WAKEUP_UNLOCKED(WAKEUP_FIND_STACK, rc);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		if (mlock(areas[i].from, areas[i].bytes) < 0)
			return WAKEUP_UNLOCKED(i, errno);
		wakeup->locked[i] = areas[i];
	}
	return WAKEUP_LOCKED;
}

/* Locks do not nest: whoever ends first unlocks the program for all.  By then the window is over. */
static void unlock_memory(const struct wakeup *wakeup)
{
	for (size_t i = 0; i < ARRAY_SIZE(wakeup->locked); i++) {
		if (wakeup->locked[i].bytes)
			munlock(wakeup->locked[i].from, wakeup->locked[i].bytes);
	}
}

static int wakeup_open(const struct place *place, void **ret, struct err *err)
{
	struct wakeup *wakeup = calloc(1, sizeof(*wakeup));

	(void)place;
	if (!wakeup)
		return err_set(err, ENOMEM, "no memory for a timer");
	wakeup->slack_set = !prctl(PR_SET_TIMERSLACK, 1);
	wakeup->latency_fd = hold_latency();
	*ret = wakeup;
	return 0;
}

static void wakeup_close(void *state)
{
	struct wakeup *wakeup = state;

	if (!wakeup)
		return;
	unlock_memory(wakeup);
	fd_close(&wakeup->latency_fd);
	free(wakeup);
}

static int wakeup_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	struct wakeup *wakeup = state;
	int64_t next = clock_now_ns() + WAKEUP_INTERVAL_NS;

	tally->fact[FACT_LOCKED] = lock_memory(wakeup, tally);
	tally->fact[FACT_DMA_LATENCY] = wakeup->latency_fd >= 0;
	tally->fact[FACT_SLACK_SET] = wakeup->slack_set;
	/* A stall across the window's end covers periods that are still due. */
	for (; !window_stopped(window) || window_owes(window, next); next += WAKEUP_INTERVAL_NS) {
		struct timespec at = { next / NSEC_PER_SEC, next % NSEC_PER_SEC };
		int64_t now;
		int rc;

		if (!tally_begin(tally, next))
			return 0;
		rc = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		now = clock_now_ns();
		if (!tally_end(tally))
			return 0;
		if (rc && rc != EINTR)
			return err_set(err, rc, "clock_nanosleep: %s", strerror(rc));
		if (now < next)
			return err_set(err, EIO, "woken %" PRId64 " ns too early", next - now);
		if (!window_holds(window, next))
			continue;
		hist_add(&tally->hist[TALLY_EVENT], (uint64_t)(now - next), 1);
		tally->late += now - next >= WAKEUP_INTERVAL_NS;
	}
	return 0;
}

/* Also of the periods after it that were due in the window. */
static void wakeup_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                           int64_t now_ns)
{
	for (int64_t due = since_ns; window_owes(window, due); due += WAKEUP_INTERVAL_NS) {
		if (due > now_ns || !window_holds(window, due))
			continue;
		hist_add_open(&tally->hist[TALLY_EVENT], (uint64_t)(now_ns - due));
		tally->late += now_ns - due >= WAKEUP_INTERVAL_NS;
	}
}

/* Most of what was due came a period late: then it is the length of a queue, by how long the window was. */
static const char *why_none(const struct answer *answer)
{
	return answer->total->late * 2 > answer->total->hist[TALLY_EVENT].count
	               ? "saturated: more wake-ups were a period late than were not"
	               : NULL;
}

static void wakeup_figures(const struct answer *answer, struct figures *figures)
{
	figures_add_latencies(figures, "wakeup", &answer->total->hist[TALLY_EVENT]);
	for (int i = 0; i < figures->nr && why_none(answer); i++) {
		if (!strcmp(figures->list[i].name, answer->job->workload->primary))
			figures->list[i].why = why_none(answer);
	}
	figures_add(figures, "1", "none", (double)answer->total->late, "wakeup_late");
}

/* A single stall is late for as many periods as it lasts; a load that cannot keep up is so most of the time. */
static bool is_saturated(const struct answer *answer)
{
	return answer->total->late * 10 > answer->total->hist[TALLY_EVENT].count;
}

static void wakeup_warn(const struct answer *answer, struct warnings *warnings)
{
	const struct tally *total = answer->total;

	if (is_saturated(answer))
		warn(warnings,
		     "saturated: %" PRIu64 " of %" PRIu64 " wake-ups came a whole period of %d us "
		     "late or more: the load did not keep up, and its latencies are those of a queue",
		     total->late, total->hist[TALLY_EVENT].count, WAKEUP_INTERVAL_NS / 1000);
}

static void put_unlocked(uint64_t fact, struct out *out)
{
	uint64_t step = fact >> 32;
	int code = (int)(uint32_t)fact;
	struct rlimit limit = { .rlim_cur = RLIM_INFINITY };

	out_add(out, ",\"memory_locked_why\":\"%s: %s", step < WAKEUP_STEPS ? steps[step] : "?",
	        strerror(code));
	if (step < WAKEUP_FIND_STACK && (code == EPERM || code == ENOMEM))
		getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur != RLIM_INFINITY)
		out_add(out, " (RLIMIT_MEMLOCK allows %llu bytes without CAP_IPC_LOCK)",
		        (unsigned long long)limit.rlim_cur);
	out_add(out, "\"");
}

static void wakeup_engine(const struct answer *answer, struct out *out)
{
	const uint64_t *fact = answer->total->fact;

	out_add(out, "\"interval_ns\":%d,\"late_from_ns\":%d,\"timer_slack_ns\":%d",
	        WAKEUP_INTERVAL_NS, WAKEUP_INTERVAL_NS, fact[FACT_SLACK_SET] ? 1 : 50000);
	out_add(out, ",\"saturated\":%s,\"memory_locked\":%s",
	        is_saturated(answer) ? "true" : "false",
	        fact[FACT_LOCKED] == WAKEUP_LOCKED ? "true" : "false");
	if (fact[FACT_LOCKED] != WAKEUP_LOCKED)
		put_unlocked(fact[FACT_LOCKED], out);
	out_add(out, ",\"cpu_dma_latency\":\"%s\"",
	        fact[FACT_DMA_LATENCY] ? "held at 0"
	        : guest_is_here()      ? "not held: left to the guest's idle"
	                               : "not held: /dev/cpu_dma_latency does not open");
}

static uint64_t wakeup_ops(const struct tally *total)
{
	return total->hist[TALLY_EVENT].count - total->hist[TALLY_EVENT].nr_open;
}

const struct load load_wakeup = {
	.name = "wakeup",
	.hist = { "wakeup_ns" },
	.open = wakeup_open,
	.run = wakeup_run,
	.give_up = wakeup_give_up,
	.close = wakeup_close,
	.figures = wakeup_figures,
	.ops = wakeup_ops,
	.engine = wakeup_engine,
	.warn = wakeup_warn,
};
