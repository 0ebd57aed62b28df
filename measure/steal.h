/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steal.h - time that this host's own hypervisor took from its CPUs, as /proc/stat counts it ("steal"), over a window.
 * Source: proc_stat(5).  A host that is no virtual machine has 0.
 */
#ifndef MEASURE_STEAL_H
#define MEASURE_STEAL_H

#include <stdint.h>
#include <stdio.h>

#include "err.h"

#define STEAL_CPUS_MAX 4096

struct json_object;

struct steal {
	int nr;
	uint64_t *ticks; /* by CPU; UINT64_MAX: not there (offline) */
};

/* What part of the time in which the CPUs had work the hypervisor took.  NaN: they had none. */
struct steal_share {
	double since_boot, lately;
};

/* Two copies of /proc/stat, so long apart; not apart where nothing has been stolen since boot. */
int steal_look(int64_t apart_ns, struct steal_share *ret, struct err *err) MUST_CHECK;
/* The pure half; NULL: no second copy. */
int steal_share(const char *first, const char *second, struct steal_share *ret, struct err *err)
        MUST_CHECK;
/* -EPROTO: /proc/stat is not as the kernel writes it. */
int steal_read(struct steal *ret, struct err *err) MUST_CHECK;
int steal_parse(FILE *in, struct steal *ret, struct err *err) MUST_CHECK;
/* Adds host_steal_s: all CPUs, and by "cpu/2" each that was there at both ends.  why: an end could not be read, or NULL. */
void steal_figure(const struct steal *start, const struct steal *end, const char *why,
                  struct json_object *figures);
void steal_done(struct steal *steal);

#endif
