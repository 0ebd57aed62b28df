/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uring.c - the I/O engine.  Knows no protocol and starts no thread. */
#include "uring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arrival.h"
#include "cleanup.h"
#include "job.h"
#include "places.h"
#include "poller.h"
#include "ring.h"
#include "rng.h"
#include "store.h"
#include "text.h"

#define BATCH_MAX 16
#define WAIT_NS   NSEC_PER_SEC /* how often a wait looks up */
#define SPIN_NS   50000        /* before a request is due: no timer wakes this exactly */
#define DRAIN_NS                                                                                   \
	NSEC_PER_SEC /* after the window: how long a disk that answers is given more of what was due in it */

struct slot { /* one request in flight, with its part of the buffers */
	int64_t start_ns;
	bool is_write;
};

struct uring {
	struct ring ring;
	const struct job *job;
	const struct store *store;
	int worker;
	struct places places;
	struct arrival arrival; /* where a rate is given */
	bool has_rate;
	int moved; /* bytes of a request that has done all it should */
	unsigned char *buffers;
	size_t buffers_len;
	struct slot *slots;
	unsigned *idle; /* stack of slot numbers without a request */
	unsigned nr_slots, nr_idle, batch;
	unsigned
	        nr_alone; /* of the last call, where they are of one kind and nothing else was in flight */
	int64_t now_ns;             /* when the last call returned */
	_Atomic int64_t *called_ns; /* the tally's */
	int64_t asked_ns;           /* that call began after this */
	int64_t heard_ns;           /* the last completion; or nothing was in flight */
	int64_t patience_ns;        /* without one completion the device is taken for dead */
	unsigned read_percent;
	bool is_stuck;
};

static int open_buffers(struct uring *uring, struct err *err)
{
	void *map;

	uring->buffers_len = uring->nr_slots * uring->job->bs;
	map = mmap(NULL, uring->buffers_len, PROT_READ | PROT_WRITE,
	           MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (map == MAP_FAILED)
		return err_sys(err, "%zu bytes of buffers", uring->buffers_len);
	uring->buffers = map;
	uring->slots = calloc(uring->nr_slots, sizeof(*uring->slots));
	uring->idle = calloc(uring->nr_slots, sizeof(*uring->idle));
	if (!uring->slots || !uring->idle)
		return err_set(err, ENOMEM, "no memory for %u requests", uring->nr_slots);
	for (unsigned i = 0; i < uring->nr_slots; i++)
		uring->idle[uring->nr_idle++] = uring->nr_slots - 1 - i;
	/* Zeros would flatter a device that compresses. */
	rng_fill(&uring->places.rng, uring->buffers, uring->buffers_len);
	return 0;
}

static int open_ring(struct uring *uring, _Atomic int *nr_pollers, struct err *err)
{
	const struct job *job = uring->job;
	const struct ring_wish wish = { .slots = uring->nr_slots,
		                        .fd = uring->store->fd,
		                        .buffers = uring->buffers,
		                        .bs = job->bs,
		                        .nop = job->nop,
		                        .iopoll = job->iopoll,
		                        .sqpoll = job->sqpoll };

	if (ring_open(&wish, &uring->ring, err) < 0)
		return -err->code;
	if (!job->sqpoll)
		return 0;
	/* whoever comes last finds the pollers of all */
	return poller_place(job, ++*nr_pollers, err);
}

int uring_open(const struct place *place, struct uring **ret, struct err *err)
{
	CLEANUP(uring_close) struct uring *uring = calloc(1, sizeof(*uring));
	const struct job *job = place->job;

	if (!uring)
		return err_set(err, ENOMEM, "no memory for a ring");
	uring->job = job;
	uring->store = place->store;
	uring->worker = place->worker;
	uring->moved = job->nop ? 0 : (int)job->bs;
	uring->nr_slots = job->iodepth;
	uring->batch = job->iodepth / 2 < 1           ? 1
	               : job->iodepth / 2 > BATCH_MAX ? BATCH_MAX
	                                              : job->iodepth / 2;
	uring->read_percent = job_read_percent(job);
	uring->patience_ns = job_patience_ns(job);
	places_choose(place, &uring->places);
	if (open_buffers(uring, err) < 0 || open_ring(uring, place->common, err) < 0)
		return -err->code;
	*ret = STEAL(&uring);
	return 0;
}

void uring_close(struct uring **uring)
{
	struct uring *u = *uring;

	*uring = NULL;
	if (!u)
		return;
	ring_done(&u->ring);
	/* Requests that never came back may still write here: then the memory is left to them. */
	if (u->buffers && !u->is_stuck)
		munmap(u->buffers, u->buffers_len);
	free(u->slots);
	free(u->idle);
	free(u);
}

/* A slot's next request, ready to be queued. */
static inline void set_request(struct uring *uring, struct places *places, unsigned number,
                               int64_t start_ns)
{
	struct slot *slot = &uring->slots[number];

	slot->start_ns = start_ns;
	if (places->is_needed)
		ring_set_offset(&uring->ring, number, places_next(places));
	if (places->is_mixed) {
		slot->is_write = rng_below(&places->rng, 100) >= uring->read_percent;
		ring_set_write(&uring->ring, number, slot->is_write);
	}
}

/*
 * One time stamp a call: a batch starts when the call before it came back.  So what a request waits while its batch is
 * put together counts as its latency, as it does for whoever waits for it.
 */
static void fill(struct uring *uring)
{
	unsigned nr = uring->nr_idle < uring->batch ? uring->nr_idle : uring->batch;
	const unsigned *taken = uring->idle + uring->nr_idle - nr;

	uring->nr_alone = uring->nr_idle == uring->nr_slots && !uring->places.is_mixed ? nr : 0;
	if (uring->places.is_needed || uring->places.is_mixed) {
		struct places places = uring->places; /* in registers */

		for (unsigned i = 0; i < nr; i++)
			set_request(uring, &places, taken[i], uring->now_ns);
		uring->places = places;
	} else {
		for (unsigned i = 0; i < nr; i++)
			uring->slots[taken[i]].start_ns = uring->now_ns;
	}
	uring->nr_idle -= nr;
	ring_queue(&uring->ring, taken, nr);
}

/* What is due by now.  Its latency counts from when it should have started, however late we come to it. */
static unsigned fill_due(struct uring *uring, struct window *window, struct tally *tally)
{
	struct arrival *arrival = &uring->arrival;
	int64_t now = clock_now_ns();
	unsigned nr = 0;

	while (uring->nr_idle && nr < uring->batch && arrival->next_ns <= now) {
		const unsigned *taken = &uring->idle[--uring->nr_idle];

		tally->sum[URING_OFFERED].ops += window_holds(window, arrival->next_ns);
		tally->late += window_holds(window, arrival->next_ns) &&
		               now - arrival->next_ns >= URING_LATE_NS;
		set_request(uring, &uring->places, *taken, arrival->next_ns);
		ring_queue(&uring->ring, taken, 1);
		arrival_advance(arrival);
		nr++;
	}
	return nr;
}

/* One call submits the batch and, where wait_nr says so, waits for a completion, but not beyond our patience. */
static inline __attribute__((always_inline)) int enter(struct uring *uring, unsigned wait_nr,
                                                       int64_t timeout_ns, struct err *err)
{
	int64_t left_ns = uring->heard_ns + uring->patience_ns - uring->now_ns;
	int rc;

	uring->asked_ns = uring->now_ns;
	atomic_store_explicit(uring->called_ns, uring->now_ns, memory_order_relaxed);
	rc = ring_enter(&uring->ring, left_ns > 0 ? wait_nr : 0,
	                left_ns < timeout_ns ? left_ns : timeout_ns);
	uring->now_ns = clock_now_ns();
	return rc < 0 ? err_set(err, -rc, "io_uring_enter: %s", strerror(-rc)) : 0;
}

/* Closed loop: as many as fit, and a wait only where all of them are under way. */
static int step_closed(struct uring *uring, struct err *err)
{
	fill(uring);
	return enter(uring, uring->nr_idle ? 0 : 1, WAIT_NS, err);
}

/* Open loop: sleeps until shortly before the next one is due, then looks without sleeping. */
static int step_open(struct uring *uring, struct window *window, struct tally *tally,
                     struct err *err)
{
	int64_t left;

	if (fill_due(uring, window, tally))
		return enter(uring, 0, 0, err);
	if (!uring->nr_idle)
		return enter(uring, 1, WAIT_NS, err);
	left = uring->arrival.next_ns - clock_now_ns() - SPIN_NS;
	if (left <= 0)
		return enter(uring, 0, 0, err);
	return enter(uring, 1, left < WAIT_NS ? left : WAIT_NS, err);
}

/* Neighbours that started in one call come back together, more often than not: they are recorded as one. */
struct run {
	int64_t start_ns;
	bool is_write;
	unsigned nr;
};

/* Whether a request of the window's, started or due at that time, is over now. */
static inline bool is_of(const struct uring *uring, struct window *window, int64_t start_ns)
{
	return uring->has_rate ? window_holds(window, start_ns)
	                       : window_meets(window, start_ns, uring->now_ns);
}

static void record(const struct uring *uring, struct window *window, const struct run *run,
                   struct tally *tally)
{
	if (!run->nr)
		return;
	if (is_of(uring, window, run->start_ns))
		hist_add(&tally->hist[run->is_write], (uint64_t)(uring->now_ns - run->start_ns),
		         run->nr);
	if (!window_holds(window, uring->now_ns))
		return;
	tally->done[run->is_write] += run->nr;
	tally->bytes[run->is_write] += (uint64_t)run->nr * (unsigned)uring->moved;
}

/* Whether a request that did not do what it should is over. */
static bool is_over(struct uring *uring, unsigned number, int res, struct tally *tally)
{
	if (res == -EAGAIN || res == -EINTR) {
		ring_queue(&uring->ring, &number, 1); /* as if it had never come back */
		return false;
	}
	if (res >= 0) {
		tally->shorts++;
		return true;
	}
	tally->errors++;
	tally->first_error = tally->first_error ? tally->first_error : -res;
	return true;
}

/* Whether these are all that were in flight, with what they should: their slots stand above the idle ones, as taken. */
static bool complete_whole(struct uring *uring, unsigned nr, struct window *window,
                           struct tally *tally)
{
	const struct io_uring_cq *cq = &uring->ring.uring.cq;
	const struct slot *first = &uring->slots[uring->idle[uring->nr_idle]];
	const struct run run = { first->start_ns, first->is_write, nr };
	unsigned head = *cq->khead, mask = cq->ring_mask;
	int differs = nr != uring->nr_alone;

	uring->nr_alone = 0;
	for (unsigned i = 0; i < nr && !differs; i++)
		differs = cq->cqes[(head + i) & mask].res != uring->moved;
	if (differs)
		return false;
	uring->nr_idle += nr;
	record(uring, window, &run, tally);
	return true;
}

static void complete(struct uring *uring, unsigned nr, struct window *window, struct tally *tally)
{
	const struct io_uring_cq *cq = &uring->ring.uring.cq;
	unsigned head = *cq->khead, mask = cq->ring_mask, nr_idle = uring->nr_idle;
	const struct slot *slots = uring->slots;
	struct run run = { 0 };

	for (unsigned i = 0; i < nr; i++) {
		const struct io_uring_cqe *cqe = &cq->cqes[(head + i) & mask];
		unsigned number = (unsigned)cqe->user_data;
		const struct slot *slot = &slots[number];
		bool is_good = cqe->res == uring->moved;

		if (!is_good && !is_over(uring, number, cqe->res, tally))
			continue;
		uring->idle[nr_idle++] = number;
		if (!is_good)
			continue;
		if (slot->start_ns != run.start_ns || slot->is_write != run.is_write) {
			record(uring, window, &run, tally);
			run = (struct run){ slot->start_ns, slot->is_write, 0 };
		}
		run.nr++;
	}
	uring->nr_idle = nr_idle;
	record(uring, window, &run, tally);
}

static unsigned reap(struct uring *uring, struct window *window, struct tally *tally)
{
	const unsigned nr = io_uring_cq_ready(&uring->ring.uring);

	if (nr && !complete_whole(uring, nr, window, tally))
		complete(uring, nr, window, tally);
	io_uring_cq_advance(&uring->ring.uring, nr);
	tally->requests += nr;
	return nr;
}

/*
 * -ETIMEDOUT once nothing has come back for too long.  The last look must have begun after that time: whoever was stopped
 * for a minute finds the answers of this minute, and a disk that has given them is not dead.
 */
static int watch(struct uring *uring, unsigned reaped, struct err *err)
{
	if (reaped || uring->nr_idle == uring->nr_slots)
		uring->heard_ns = uring->now_ns;
	if (uring->asked_ns - uring->heard_ns < uring->patience_ns)
		return 0;
	return err_set(err, ETIMEDOUT, "the disk has answered none of %u requests for %g s",
	               uring->nr_slots - uring->nr_idle, (double)uring->patience_ns / NSEC_PER_SEC);
}

/* A step's completions, and what is wrong with them. */
static int settle(struct uring *uring, struct window *window, struct tally *tally, struct err *err)
{
	unsigned reaped = reap(uring, window, tally);

	if (uring->job->iopoll && tally->first_error == EOPNOTSUPP)
		return err_set(err, EOPNOTSUPP,
		               "iopoll: the disk refuses requests whose completion is polled for");
	return watch(uring, reaped, err);
}

static bool is_write_next(struct uring *uring)
{
	struct places *places = &uring->places;

	return places->is_mixed ? rng_below(&places->rng, 100) >= uring->read_percent
	                        : !uring->read_percent;
}

/* Requests of the window that have no answer have waited for so long at least: those in flight, and those not begun. */
static void give_up(struct uring *uring, struct window *window, struct tally *tally)
{
	bool is_idle[JOB_DEPTH_MAX] = { false };
	int64_t now = clock_now_ns();

	for (unsigned i = 0; i < uring->nr_idle; i++)
		is_idle[uring->idle[i]] = true;
	for (unsigned i = 0; i < uring->nr_slots; i++) {
		const struct slot *slot = &uring->slots[i];

		if (!is_idle[i] && is_of(uring, window, slot->start_ns))
			hist_add_open(&tally->hist[slot->is_write],
			              (uint64_t)(now - slot->start_ns));
	}
	for (; uring->has_rate && window_owes(window, uring->arrival.next_ns);
	     arrival_advance(&uring->arrival)) {
		int64_t due_ns = uring->arrival.next_ns;

		if (!window_holds(window, due_ns))
			continue;
		tally->sum[URING_OFFERED].ops++;
		tally->late++;
		hist_add_open(&tally->hist[is_write_next(uring)], (uint64_t)(now - due_ns));
	}
}

/* A third of the patience after the window (10 s unless told otherwise): that late an answer comes with no result. */
static int64_t give_up_ns(const struct uring *uring, const struct window *window)
{
	int64_t end_ns = window->end_ns;

	return end_ns == INT64_MAX ? end_ns : end_ns + uring->patience_ns / 3;
}

/*
 * After the window: starts what was due in it, and waits for what is in flight.  A disk that never keeps up has more to do
 * than it will do soon: from its first answer on it is given DRAIN_NS.
 */
static int drain(struct uring *uring, struct window *window, struct tally *tally, struct err *err)
{
	int64_t until_ns = give_up_ns(uring, window), begin_until_ns = until_ns;
	uint64_t requests = tally->requests;
	int rc = 0;

	while (!rc && uring->asked_ns <
	                      until_ns) { /* as in watch(): stopped meanwhile, we look once more */
		int64_t left_ns = until_ns - uring->now_ns;
		bool is_due = uring->has_rate && uring->now_ns < begin_until_ns &&
		              window_owes(window, uring->arrival.next_ns);

		if (!is_due && uring->nr_idle == uring->nr_slots)
			break;
		if (is_due)
			fill_due(uring, window, tally);
		rc = enter(uring, left_ns > 0 && !(is_due && uring->nr_idle),
		           left_ns < WAIT_NS ? left_ns : WAIT_NS, err);
		if (!rc)
			rc = settle(uring, window, tally, err);
		if (tally->requests != requests && begin_until_ns == until_ns)
			begin_until_ns = uring->now_ns + DRAIN_NS;
	}
	if (!rc)
		give_up(uring, window, tally);
	return rc;
}

static void start(struct uring *uring)
{
	const struct job *job = uring->job;

	uring->now_ns = uring->heard_ns = clock_now_ns();
	for (unsigned i = 0; i < uring->nr_slots; i++) {
		uring->slots[i].is_write = !uring->read_percent;
		ring_set_write(&uring->ring, i, !uring->read_percent);
	}
	uring->has_rate = job->rate.per_s;
	if (uring->has_rate)
		arrival_start(&uring->arrival, &job->rate, uring->worker, job->threads, job->seed,
		              clock_now_ns());
}

int uring_run(struct uring *uring, struct window *window, struct tally *tally, struct err *err)
{
	int rc = 0;

	tally->setup_flags = uring->ring.setup_flags;
	tally->registered = uring->ring.registered;
	uring->called_ns = &tally->called_ns;
	start(uring);
	while (!rc && !window_stopped(window)) {
		rc = uring->has_rate ? step_open(uring, window, tally, err)
		                     : step_closed(uring, err);
		if (!rc)
			rc = settle(uring, window, tally, err);
	}
	tally->enters = uring->ring.enters;
	if (!rc)
		rc = drain(uring, window, tally, err);
	uring->is_stuck = uring->nr_idle < uring->nr_slots;
	tally->called_ns = 0;
	return !rc && uring->is_stuck ? LOAD_UNFINISHED : rc;
}
