/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_slots.h - user space's side of the table of threads that the programs of measure/bpf keep: the grave, then
 * DEEP_SLOTS.  A thread's slot is the first free one of DEEP_PROBES from that of its TID's low bits on; a slot that gets
 * free does not end a search.  Knows no BPF: the table may be any memory.
 */
#ifndef MEASURE_DEEP_SLOTS_H
#define MEASURE_DEEP_SLOTS_H

#include "deep_shared.h"

struct deep_seen;

#define DEEP_SLOTS_BYTES ((1 + DEEP_SLOTS) * sizeof(struct deep_thread))

/* Adds a thread that is not known yet: what the programs see meanwhile themselves is better than `state`.  One that finds
 * no slot is left to them, and they count it as lost.  epoch: of no window to come. */
void deep_slots_put(struct deep_thread *slots, unsigned int tid, const struct deep_thread *state,
                    unsigned int epoch);
/* The grave (TID 0) and all that are somebody's, to free(); the programs stand still.  NULL: no memory. */
struct deep_seen *deep_slots_read(const struct deep_thread *slots, int *ret_nr);

#endif
