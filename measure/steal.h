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

/* -EPROTO: /proc/stat is not as the kernel writes it. */
int steal_read(struct steal *ret, struct err *err) MUST_CHECK;
int steal_parse(FILE *in, struct steal *ret, struct err *err) MUST_CHECK;
/* Adds host_steal_s: all CPUs, and by "cpu/2" each that was there at both ends.  why: an end could not be read, or NULL. */
void steal_figure(const struct steal *start, const struct steal *end, const char *why,
                  struct json_object *figures);
void steal_done(struct steal *steal);

#endif
