/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maps.bpf.h - what both objects use: the threads, the control block and the histogram's arithmetic.
 */
#ifndef MEASURE_BPF_MAPS_H
#define MEASURE_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "deep_shared.h"
#include "kernel_types.h"

/*
 * A hash table over an array: the look-up is a load, where that of a hash map is a call, which took 31 ns of each of the
 * three that a context switch needs.  The first slot is the grave.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 + DEEP_SLOTS);
	__type(key, unsigned int);
	__type(value, struct deep_thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, unsigned int);
	__type(value, struct deep_control);
} control SEC(".maps");

static __always_inline struct deep_control *get_control(void)
{
	unsigned int zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

/* The highest set bit, in six steps: BPF has no instruction for it. */
static __always_inline unsigned int highest_bit(unsigned long long value)
{
	unsigned int bit = 0;

	if (value >> 32) {
		value >>= 32;
		bit += 32;
	}
	if (value >> 16) {
		value >>= 16;
		bit += 16;
	}
	if (value >> 8) {
		value >>= 8;
		bit += 8;
	}
	if (value >> 4) {
		value >>= 4;
		bit += 4;
	}
	if (value >> 2) {
		value >>= 2;
		bit += 2;
	}
	return bit + (value >> 1 ? 1 : 0);
}

static __always_inline unsigned int bucket_of(unsigned long long ns)
{
	unsigned int shift;

	if (ns >> DEEP_MAX_BITS)
		ns = (1ull << DEEP_MAX_BITS) - 1;
	if (!(ns >> DEEP_SUB_BITS))
		return ns;
	shift = highest_bit(ns) - DEEP_SUB_BITS;
	return (shift << DEEP_SUB_BITS) + (unsigned int)(ns >> shift);
}

static __always_inline void hist_count(struct deep_hist *hist, unsigned int bucket)
{
	/* the verifier must see each number compared that is used */
	barrier_var(bucket);
	if (bucket < DEEP_BUCKETS)
		hist->bucket[bucket]++;
}

/* The first touch in a window forgets the window before; a compiler's memset() would be a call to nowhere. */
static __always_inline void enter_epoch(const struct deep_control *c, struct deep_thread *thread)
{
	volatile unsigned long long *word = (void *)&thread->sums;

	if (thread->epoch == c->epoch)
		return;
#pragma clang loop unroll(disable)
	for (unsigned int i = 0; i < sizeof(thread->sums) / sizeof(*word); i++)
		word[i] = 0;
	thread->asleep_ns = 0;
	thread->epoch = c->epoch;
}

static __always_inline struct deep_thread *slot_of(unsigned int tid, unsigned int probe)
{
	unsigned int slot = 1 + ((tid + probe) & (DEEP_SLOTS - 1));

	return bpf_map_lookup_elem(&threads, &slot);
}

/* NULL where it is not known yet. */
static __always_inline struct deep_thread *known_thread(unsigned int tid)
{
#pragma clang loop unroll(disable)
	for (unsigned int i = 0; i < DEEP_PROBES; i++) {
		struct deep_thread *thread = slot_of(tid, i);

		if (thread && thread->tid == tid)
			return thread;
	}
	return 0;
}

/* Of one thread no two events come at once, so nobody else adds it meanwhile. */
static __always_inline struct deep_thread *add_thread(const struct deep_control *c,
                                                      unsigned int tid)
{
#pragma clang loop unroll(disable)
	for (unsigned int i = 0; i < DEEP_PROBES; i++) {
		struct deep_thread *thread = slot_of(tid, i);

		if (!thread || thread->tid || __sync_val_compare_and_swap(&thread->tid, 0, tid))
			continue;
		thread->out_ns = 0;
		thread->runnable_ns = 0;
		thread->asleep_ns = 0;
		thread->exit_ns = 0;
		thread->lock = 0;
		thread->woken = 0;
		thread->cause = DEEP_UNKNOWN;
		thread->preemptor = 0;
		thread->epoch = c->epoch - 1;
		return thread;
	}
	return 0;
}

static __always_inline struct deep_thread *find_thread(struct deep_control *c, unsigned int tid)
{
	struct deep_thread *thread = known_thread(tid);

	if (!thread)
		thread = add_thread(c, tid);
	if (!thread)
		__sync_fetch_and_add(&c->lost_threads, 1);
	else
		enter_epoch(c, thread);
	return thread;
}

#endif
