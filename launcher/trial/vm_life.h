/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_life.h - a user's VM from its first instruction to its end: watched, sampled, asked to stop.
 */
#ifndef LAUNCHER_VM_LIFE_H
#define LAUNCHER_VM_LIFE_H

#include <stdbool.h>

#include "err.h"

struct json_object;
struct plan;
struct spec;
struct target;

struct vm_life {
	char ended
	        [64]; /* "guest-shutdown", "guest-reset", "reset-loop", "cut", "left", "interrupted", ... */
	bool was_cut;   /* it did not stop by itself or by the power button */
	int presses;    /* of the ACPI power button */
	int reboots;    /* of the guest, in the same QEMU */
	double seconds; /* from cont to the end */
};

/* Releases the VM and returns when it has stopped (QEMU itself still runs, so that its threads can be read).  Fills
 * the line's figures, samples, threads, window.  -ECHILD where QEMU died. */
int vm_live(struct target *target, const struct plan *plan, const struct spec *spec,
            struct json_object *line, struct vm_life *ret, struct err *err) MUST_CHECK;

#endif
