/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.h - one io_uring for slots: each slot's request is known from the start, with its buffer and file (a read), and
 * what changes from one time to the next is set where it changes.  Knows no load and reads no clock.
 *
 * Entries belong to slots, and an array says which slot comes next; or, where the kernel can do without that array
 * (Linux 6.6), entries are taken in their order, and get what is the slot's own.
 *
 * open, use and close belong to one thread (SINGLE_ISSUER).  What the kernel refuses is left out and stated:
 * setup_flags, registered.  What happens for every request is in the header, for speed.
 */
#ifndef WORKLOADS_RING_H
#define WORKLOADS_RING_H

#include <errno.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct ring_wish {
	unsigned slots;
	int fd;
	unsigned char *buffers; /* slots times bs bytes */
	uint64_t bs;
	bool nop;    /* requests that do nothing */
	bool iopoll; /* completions are asked for, never signalled */
	bool sqpoll; /* a kernel thread takes requests, no call does */
};

/* What a slot's request has of its own. */
struct ring_slot {
	uint64_t buffer, offset;
	uint8_t op;
};

struct ring {
	struct io_uring uring;
	bool is_open, iopoll, sqpoll, flags_work, nop;
	struct ring_slot *slot; /* where entries are taken in their order, else NULL */
	unsigned tail;          /* of the requests queued, not yet shown to the kernel */
	unsigned setup_flags, registered;
	unsigned enter_flags; /* of every call */
	uint8_t read_op, write_op;
	uint64_t enters; /* system calls */
};

int ring_open(const struct ring_wish *wish, struct ring *ret, struct err *err) MUST_CHECK;
void ring_done(struct ring *ring);
/* The call of ring_enter() that waits. */
int ring_wait(struct ring *ring, unsigned nr, unsigned wait_nr, int64_t timeout_ns, unsigned flags)
        MUST_CHECK;

/* The ring has at least as many places as there are slots, so they are always free.  For the same again this is all. */
static inline void ring_queue(struct ring *ring, const unsigned *slots, unsigned nr)
{
	unsigned *array = ring->uring.sq.array, mask = ring->uring.sq.ring_mask;
	struct io_uring_sqe *entry = ring->uring.sq.sqes;
	const struct ring_slot *own = ring->slot;
	unsigned tail = ring->tail;

	if (!own) {
		for (unsigned i = 0; i < nr; i++)
			array[tail++ & mask] = slots[i];
	} else if (ring->nop) {
		for (unsigned i = 0; i < nr; i++)
			entry[tail++ & mask].user_data = slots[i];
	} else {
		for (unsigned i = 0; i < nr; i++) {
			struct io_uring_sqe *sqe = &entry[tail++ & mask];

			sqe->opcode = own[slots[i]].op;
			sqe->off = own[slots[i]].offset;
			sqe->addr = own[slots[i]].buffer;
			sqe->user_data = slots[i];
		}
	}
	ring->tail = tail;
}

static inline void ring_set_offset(struct ring *ring, unsigned slot, uint64_t offset)
{
	if (ring->slot)
		ring->slot[slot].offset = offset;
	else
		ring->uring.sq.sqes[slot].off = offset;
}

static inline void ring_set_write(struct ring *ring, unsigned slot, bool is_write)
{
	uint8_t op = is_write ? ring->write_op : ring->read_op;

	if (ring->slot)
		ring->slot[slot].op = op;
	else
		ring->uring.sq.sqes[slot].opcode = op;
}

/* Whether the kernel has completions that it shows only in a call. */
static inline bool ring_holds_back(const struct ring *ring, unsigned kernel_says)
{
	return ring->iopoll || !ring->flags_work ||
	       kernel_says & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

/*
 * Shows the kernel what is queued and, where wait_nr says so, waits for completions, but not longer than that.
 * -errno where the call failed and trying again would not help.  Inline, because a processor that does not trust its
 * stack of returns after a system call guesses each one wrong that follows.
 */
static inline __attribute__((always_inline)) int ring_enter(struct ring *ring, unsigned wait_nr,
                                                            int64_t timeout_ns)
{
	struct io_uring_sq *sq = &ring->uring.sq;
	unsigned flags = 0, nr, kernel_says;
	int rc;

	io_uring_smp_store_release(sq->ktail, ring->tail);
	/* the poller looks at the tail after it has said that it sleeps: we must look in the other order */
	if (ring->sqpoll)
		io_uring_smp_mb();
	kernel_says = IO_URING_READ_ONCE(*sq->kflags);
	nr = ring->sqpoll ? 0 : ring->tail - io_uring_smp_load_acquire(sq->khead);
	if (ring->sqpoll && kernel_says & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	/* a wait for a polled device ends only when the scheduler wants the CPU back: looking again is our part */
	if (ring->iopoll)
		wait_nr = 0;
	if (wait_nr || ring_holds_back(ring, kernel_says))
		flags |= IORING_ENTER_GETEVENTS;
	if (!nr && !flags)
		return 0;
	ring->enters++;
	flags |= ring->enter_flags;
	rc = wait_nr ? ring_wait(ring, nr, wait_nr, timeout_ns, flags)
	             : io_uring_enter2((unsigned)ring->uring.enter_ring_fd, nr, 0, flags, NULL, 0);
	if (rc >= 0 || rc == -ETIME || rc == -EAGAIN || rc == -EINTR || rc == -EBUSY)
		return 0;
	return rc;
}

#endif
