/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uring.c - the I/O engine.  Knows no protocol and starts no thread. */
#include "uring.h"

#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "arrival.h"
#include "cleanup.h"
#include "rng.h"
#include "text.h"

#define BATCH_MAX     16
#define REAP_MAX      64
#define WAIT_NS       NSEC_PER_SEC /* how often a wait looks up */
#define SPIN_NS       50000        /* before a request is due: no timer wakes this exactly */
#define STUCK_AFTER_S 30           /* without one completion the device is taken for dead */

struct slot { /* one request in flight, with its part of the buffers */
	int64_t start_ns;
	uint64_t offset;
	bool is_write;
};

struct uring {
	struct io_uring ring;
	bool has_ring;
	const struct job *job;
	const struct store *store;
	int worker;
	struct rng rng;
	struct arrival arrival; /* where a rate is given */
	bool has_rate;
	uint64_t moved; /* bytes of a request that has done all it should */
	unsigned char *buffers;
	size_t buffers_len;
	struct slot *slots;
	unsigned *idle,
	        *queued; /* stacks of slot numbers: without a request; prepared, not yet submitted */
	unsigned nr_slots, nr_idle, nr_queued, batch;
	unsigned setup_flags, registered, read_percent;
	bool is_random, is_stuck;
	uint64_t first_block, nr_blocks, next_block;
};

static int explain_refusal(int rc, struct err *err)
{
	struct rlimit limit = { 0 };
	char value[16] = "?";

	if (rc == -EPERM &&
	    text_read_file("/proc/sys/kernel/io_uring_disabled", value, sizeof(value), NULL) >= 0)
		return err_set(err, EPERM,
		               "io_uring is switched off here: kernel.io_uring_disabled is %.8s",
		               value);
	if (rc == -ENOMEM && !getrlimit(RLIMIT_MEMLOCK, &limit))
		return err_set(err, ENOMEM,
		               "io_uring: no memory, or the memlock limit (%lu KiB) is used up",
		               (unsigned long)limit.rlim_cur / 1024);
	if (rc == -ENOSYS)
		return err_set(err, ENOSYS, "this kernel has no io_uring");
	return err_set(err, -rc, "io_uring: %s", strerror(-rc));
}

/* Older kernels refuse flags they do not know with EINVAL; DEFER_TASKRUN also needs SINGLE_ISSUER. */
static int open_ring(struct uring *uring, struct err *err)
{
	static const unsigned sets[] = {
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
		IORING_SETUP_COOP_TASKRUN,
		0,
	};
	int rc = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(sets) && rc == -EINVAL; i++) {
		rc = io_uring_queue_init(uring->nr_slots, &uring->ring, sets[i]);
		uring->setup_flags = sets[i];
	}
	if (rc < 0)
		return explain_refusal(rc, err);
	uring->has_ring = true;
	return 0;
}

/* Each only makes a request cheaper: where the kernel refuses (memlock, seccomp) we go on without, and say so. */
static void register_all(struct uring *uring)
{
	struct iovec vec = { uring->buffers, uring->buffers_len };

	if (io_uring_register_ring_fd(&uring->ring) == 1)
		uring->registered |= URING_HAS_RING;
	if (!io_uring_register_files(&uring->ring, &uring->store->fd, 1))
		uring->registered |= URING_HAS_FILE;
	if (!io_uring_register_buffers(&uring->ring, &vec, 1))
		uring->registered |= URING_HAS_BUFFERS;
}

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
	uring->queued = calloc(uring->nr_slots, sizeof(*uring->queued));
	if (!uring->slots || !uring->idle || !uring->queued)
		return err_set(err, ENOMEM, "no memory for %u requests", uring->nr_slots);
	for (unsigned i = 0; i < uring->nr_slots; i++)
		uring->idle[uring->nr_idle++] = uring->nr_slots - 1 - i;
	/* Zeros would flatter a device that compresses. */
	rng_fill(&uring->rng, uring->buffers, uring->buffers_len);
	return 0;
}

/* Sequential workers have a slice each; random ones share all of it. */
static void choose_blocks(struct uring *uring, int worker)
{
	uint64_t all = uring->store->bytes / uring->job->bs;

	uring->read_percent = job_read_percent(uring->job);
	uring->is_random = job_is_random(uring->job);
	uring->nr_blocks = uring->is_random ? all : all / (uint64_t)uring->job->threads;
	uring->first_block = uring->is_random ? 0 : uring->nr_blocks * (uint64_t)worker;
}

int uring_open(const struct job *job, const struct store *store, int worker, struct uring **ret,
               struct err *err)
{
	CLEANUP(uring_close) struct uring *uring = calloc(1, sizeof(*uring));

	if (!uring)
		return err_set(err, ENOMEM, "no memory for a ring");
	uring->job = job;
	uring->store = store;
	uring->worker = worker;
	uring->moved = job->nop ? 0 : job->bs;
	uring->nr_slots = job->iodepth;
	uring->batch = job->iodepth / 2 < 1           ? 1
	               : job->iodepth / 2 > BATCH_MAX ? BATCH_MAX
	                                              : job->iodepth / 2;
	rng_seed(&uring->rng, job->seed + (uint64_t)worker);
	choose_blocks(uring, worker);
	if (open_buffers(uring, err) < 0 || open_ring(uring, err) < 0)
		return -err->code;
	register_all(uring);
	*ret = STEAL(&uring);
	return 0;
}

void uring_close(struct uring **uring)
{
	struct uring *u = *uring;

	*uring = NULL;
	if (!u)
		return;
	if (u->has_ring)
		io_uring_queue_exit(&u->ring);
	/* Requests that never came back may still write here: then the memory is left to them. */
	if (u->buffers && !u->is_stuck)
		munmap(u->buffers, u->buffers_len);
	free(u->slots);
	free(u->idle);
	free(u->queued);
	free(u);
}

static void choose_request(struct uring *uring, struct slot *slot)
{
	uint64_t block;

	if (uring->is_random) {
		block = rng_below(&uring->rng, uring->nr_blocks);
	} else {
		block = uring->next_block++;
		if (uring->next_block == uring->nr_blocks)
			uring->next_block = 0;
	}
	slot->offset = (uring->first_block + block) * uring->job->bs;
	if (uring->read_percent == 100 || uring->read_percent == 0)
		slot->is_write = !uring->read_percent;
	else
		slot->is_write = rng_below(&uring->rng, 100) >= uring->read_percent;
}

/* The ring has as many entries as there are slots, so an entry is always free. */
static void prepare(struct uring *uring, unsigned number)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
	const struct slot *slot = &uring->slots[number];
	unsigned len = (unsigned)uring->job->bs;
	unsigned char *buffer = uring->buffers + (size_t)number * len;
	bool file = uring->registered & URING_HAS_FILE;
	int fd = file ? 0 : uring->store->fd;

	if (uring->job->nop)
		io_uring_prep_nop(sqe);
	else if (uring->registered & URING_HAS_BUFFERS && slot->is_write)
		io_uring_prep_write_fixed(sqe, fd, buffer, len, slot->offset, 0);
	else if (uring->registered & URING_HAS_BUFFERS)
		io_uring_prep_read_fixed(sqe, fd, buffer, len, slot->offset, 0);
	else if (slot->is_write)
		io_uring_prep_write(sqe, fd, buffer, len, slot->offset);
	else
		io_uring_prep_read(sqe, fd, buffer, len, slot->offset);
	if (file && !uring->job->nop)
		sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(sqe, number);
}

static void take_slot(struct uring *uring, int64_t start_ns)
{
	unsigned number = uring->idle[--uring->nr_idle];

	choose_request(uring, &uring->slots[number]);
	uring->slots[number].start_ns = start_ns;
	prepare(uring, number);
	uring->queued[uring->nr_queued++] = number;
}

static void fill(struct uring *uring)
{
	while (uring->nr_idle && uring->nr_queued < uring->batch)
		take_slot(uring, 0);
}

/* What is due by now.  Its latency counts from when it should have started, however late we come to it. */
static void fill_due(struct uring *uring, struct window *window, struct tally *tally)
{
	struct arrival *arrival = &uring->arrival;
	int64_t now = clock_now_ns();

	while (uring->nr_idle && uring->nr_queued < uring->batch && arrival->next_ns <= now) {
		tally->sum[URING_OFFERED].ops += window_holds(window, arrival->next_ns);
		tally->late += window_holds(window, now) && now - arrival->next_ns >= URING_LATE_NS;
		take_slot(uring, arrival->next_ns);
		arrival_advance(arrival);
	}
}

/* One call submits the batch and, where wait_nr says so, waits for a completion, but not for ever. */
static int enter(struct uring *uring, unsigned wait_nr, int64_t timeout_ns, struct err *err)
{
	struct __kernel_timespec timeout = { .tv_sec = timeout_ns / NSEC_PER_SEC,
		                             .tv_nsec = timeout_ns % NSEC_PER_SEC };
	struct io_uring_cqe *cqe;
	int64_t now = clock_now_ns();
	int rc;

	for (unsigned i = 0; i < uring->nr_queued && !uring->has_rate; i++)
		uring->slots[uring->queued[i]].start_ns = now;
	/* without a wait the plain call is the cheaper one */
	if (wait_nr)
		rc = io_uring_submit_and_wait_timeout(&uring->ring, &cqe, wait_nr, &timeout, NULL);
	else
		rc = io_uring_submit_and_get_events(&uring->ring);
	uring->nr_queued = 0;
	if (rc >= 0 || rc == -ETIME || rc == -EAGAIN || rc == -EINTR || rc == -EBUSY)
		return 0;
	return err_set(err, -rc, "io_uring_enter: %s", strerror(-rc));
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

	fill_due(uring, window, tally);
	if (uring->nr_queued)
		return enter(uring, 0, 0, err);
	if (!uring->nr_idle)
		return enter(uring, 1, WAIT_NS, err);
	left = uring->arrival.next_ns - clock_now_ns() - SPIN_NS;
	if (left <= 0)
		return enter(uring, 0, 0, err);
	return enter(uring, 1, left < WAIT_NS ? left : WAIT_NS, err);
}

static void complete(struct uring *uring, const struct io_uring_cqe *cqe, int64_t now, bool counts,
                     struct tally *tally)
{
	unsigned number = (unsigned)cqe->user_data;
	struct slot *slot = &uring->slots[number];

	if (cqe->res == -EAGAIN || cqe->res == -EINTR) {
		prepare(uring, number); /* as if it had never come back: its clock runs on */
		return;
	}
	uring->idle[uring->nr_idle++] = number;
	if ((uint64_t)(cqe->res < 0 ? 0 : cqe->res) == uring->moved) {
		if (!counts)
			return;
		hist_add(&tally->hist[slot->is_write], (uint64_t)(now - slot->start_ns), 1);
		tally->bytes[slot->is_write] += uring->moved;
	} else if (cqe->res >= 0) {
		tally->shorts++;
	} else {
		tally->errors++;
		tally->first_error = tally->first_error ? tally->first_error : -cqe->res;
	}
}

static unsigned reap(struct uring *uring, struct window *window, struct tally *tally)
{
	struct io_uring_cqe *cqes[REAP_MAX];
	unsigned nr = io_uring_peek_batch_cqe(&uring->ring, cqes, REAP_MAX);
	int64_t now;
	bool counts;

	if (!nr)
		return 0;
	now = clock_now_ns();
	counts = window_holds(window, now);
	for (unsigned i = 0; i < nr; i++)
		complete(uring, cqes[i], now, counts, tally);
	io_uring_cq_advance(&uring->ring, nr);
	tally->requests += nr;
	return nr;
}

/* -ETIMEDOUT once nothing has come back for too long. */
static int watch(struct uring *uring, unsigned reaped, int64_t *last_ns, struct err *err)
{
	if (reaped || uring->nr_idle == uring->nr_slots) {
		*last_ns = 0;
		return 0;
	}
	if (!*last_ns)
		*last_ns = clock_now_ns();
	if (clock_now_ns() - *last_ns < STUCK_AFTER_S * NSEC_PER_SEC)
		return 0;
	return err_set(err, ETIMEDOUT, "the disk has answered none of %u requests for %d s",
	               uring->nr_slots - uring->nr_idle, STUCK_AFTER_S);
}

/* What should have started in the window and never did, as we were too far behind, was offered all the same. */
static void count_missed(struct uring *uring, struct window *window, struct tally *tally)
{
	int64_t end_ns = window->end_ns;

	if (!uring->has_rate || end_ns == INT64_MAX)
		return;
	for (; uring->arrival.next_ns <= end_ns; arrival_advance(&uring->arrival))
		tally->sum[URING_OFFERED].ops += window_holds(window, uring->arrival.next_ns);
}

int uring_run(struct uring *uring, struct window *window, struct tally *tally, struct err *err)
{
	int64_t last_ns = 0;
	int rc = 0;

	tally->setup_flags = uring->setup_flags;
	tally->registered = uring->registered;
	uring->has_rate = uring->job->rate.per_s;
	if (uring->has_rate)
		arrival_start(&uring->arrival, &uring->job->rate, uring->worker,
		              uring->job->threads, uring->job->seed, clock_now_ns());
	while (!rc && !window_stopped(window)) {
		rc = uring->has_rate ? step_open(uring, window, tally, err)
		                     : step_closed(uring, err);
		tally->enters++;
		if (!rc)
			rc = watch(uring, reap(uring, window, tally), &last_ns, err);
	}
	count_missed(uring, window, tally);
	while (!rc && uring->nr_idle < uring->nr_slots) {
		rc = enter(uring, 1, WAIT_NS, err);
		if (!rc)
			rc = watch(uring, reap(uring, window, tally), &last_ns, err);
	}
	uring->is_stuck = uring->nr_idle < uring->nr_slots;
	return rc;
}
