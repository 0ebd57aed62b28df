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

/* Preallocated: the scheduler's own lock is held where a thread is seen first. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DEEP_THREADS);
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

static __always_inline void hist_add(struct deep_hist *hist, unsigned long long ns)
{
	unsigned int index = ns, shift;

	if (ns >> DEEP_MAX_BITS)
		ns = (1ull << DEEP_MAX_BITS) - 1;
	if (ns >> DEEP_SUB_BITS) {
		shift = highest_bit(ns) - DEEP_SUB_BITS;
		index = (shift << DEEP_SUB_BITS) + (unsigned int)(ns >> shift);
	}
	if (index < DEEP_BUCKETS)
		hist->bucket[index]++;
}

/* A new entry is too big for the stack of a program. */
static const struct deep_thread new_thread;

/* The first touch in a window forgets the window before; a compiler's memset() would be a call to nowhere. */
static __always_inline void enter_epoch(const struct deep_control *c, struct deep_thread *thread)
{
	volatile unsigned long long *word = (void *)&thread->sums;

	if (thread->epoch == c->epoch)
		return;
#pragma clang loop unroll(disable)
	for (unsigned int i = 0; i < sizeof(thread->sums) / sizeof(*word); i++)
		word[i] = 0;
	thread->epoch = c->epoch;
}

static __always_inline struct deep_thread *find_thread(struct deep_control *c, unsigned int tid)
{
	struct deep_thread *thread = bpf_map_lookup_elem(&threads, &tid);

	if (!thread) {
		bpf_map_update_elem(&threads, &tid, &new_thread, BPF_NOEXIST);
		thread = bpf_map_lookup_elem(&threads, &tid);
	}
	if (!thread)
		__sync_fetch_and_add(&c->lost_threads, 1);
	else
		enter_epoch(c, thread);
	return thread;
}

#endif
