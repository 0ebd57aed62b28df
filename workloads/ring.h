/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.h - one io_uring whose entries belong to slots: each slot's request is written once, with its buffer and file
 * (a read), and what changes from one time to the next is set where it changes.  Knows no load and reads no clock.
 *
 * open, use and close belong to one thread (SINGLE_ISSUER).  What the kernel refuses is left out and stated:
 * setup_flags, registered.  What happens for every request is in the header, for speed.
 */
#ifndef WORKLOADS_RING_H
#define WORKLOADS_RING_H

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

struct ring {
	struct io_uring uring;
	bool is_open, iopoll, sqpoll, flags_work;
	unsigned tail; /* of the requests queued, not yet shown to the kernel */
	unsigned setup_flags, registered;
	uint8_t read_op, write_op;
	uint64_t enters; /* system calls */
};

int ring_open(const struct ring_wish *wish, struct ring *ret, struct err *err) MUST_CHECK;
void ring_done(struct ring *ring);
/* Shows the kernel what is queued and, where wait_nr says so, waits for completions, but not longer than that.
 * -errno where the call failed and trying again would not help. */
int ring_enter(struct ring *ring, unsigned wait_nr, int64_t timeout_ns) MUST_CHECK;

/* The ring has at least as many places as there are slots, so they are always free.  For the same again this is all. */
static inline void ring_queue(struct ring *ring, const unsigned *slots, unsigned nr)
{
	unsigned *array = ring->uring.sq.array, mask = ring->uring.sq.ring_mask;
	unsigned tail = ring->tail;

	for (unsigned i = 0; i < nr; i++)
		array[tail++ & mask] = slots[i];
	ring->tail = tail;
}

static inline void ring_set_offset(struct ring *ring, unsigned slot, uint64_t offset)
{
	ring->uring.sq.sqes[slot].off = offset;
}

static inline void ring_set_write(struct ring *ring, unsigned slot, bool is_write)
{
	ring->uring.sq.sqes[slot].opcode = is_write ? ring->write_op : ring->read_op;
}

#endif
