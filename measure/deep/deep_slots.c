/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_slots.c - a hash table in memory that the kernel's programs change too: a slot is taken by an atomic exchange. */
#include "deep_slots.h"

#include <stdbool.h>
#include <stdlib.h>

#include "deep.h"

/* No thread: a slot that is about to be one's */
#define TAKEN (~0u)

_Static_assert(sizeof(struct deep_thread) % 64 == 0, "a slot's head lies in one cache line");

/* The slot of its probe-th choice. */
static struct deep_thread *slot_of(struct deep_thread *slots, unsigned int tid, unsigned int probe)
{
	return &slots[1 + ((tid + probe) & (DEEP_SLOTS - 1))];
}

static bool is_known(struct deep_thread *slots, unsigned int tid)
{
	for (unsigned int i = 0; i < DEEP_PROBES; i++) {
		if (__atomic_load_n(&slot_of(slots, tid, i)->tid, __ATOMIC_ACQUIRE) == tid)
			return true;
	}
	return false;
}

void deep_slots_put(struct deep_thread *slots, unsigned int tid, const struct deep_thread *state,
                    unsigned int epoch)
{
	for (unsigned int i = 0; i < DEEP_PROBES && !is_known(slots, tid); i++) {
		struct deep_thread *slot = slot_of(slots, tid, i), fresh = *state;
		unsigned int nobody = 0;

		if (!__atomic_compare_exchange_n(&slot->tid, &nobody, TAKEN, false,
		                                 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		fresh.tid = TAKEN;
		fresh.epoch = epoch;
		*slot = fresh;
		__atomic_store_n(&slot->tid, is_known(slots, tid) ? 0 : tid, __ATOMIC_RELEASE);
		return;
	}
}

struct deep_seen *deep_slots_read(const struct deep_thread *slots, int *ret_nr)
{
	struct deep_seen *list;
	int max = 1, nr = 0;

	for (int i = 1; i <= DEEP_SLOTS; i++)
		max += slots[i].tid != 0;
	list = calloc((size_t)max, sizeof(*list));
	for (int i = 0; list && i <= DEEP_SLOTS && nr < max; i++) {
		if (i && !slots[i].tid)
			continue;
		list[nr].tid = (pid_t)slots[i].tid;
		list[nr++].thread = slots[i];
	}
	*ret_nr = nr;
	return list;
}
