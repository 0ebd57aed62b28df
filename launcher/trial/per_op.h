/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * per_op.h - the window's totals, of one operation of the workload.  A total over a fixed time falls where less work is
 * done; what a unit of work costs does not.
 */
#ifndef LAUNCHER_PER_OP_H
#define LAUNCHER_PER_OP_H

#include <stdint.h>

struct json_object;

/*
 * The work of one window, and how long each kind of window had the load running: it runs before its timed part, and
 * rests after it.
 */
struct work {
	const char *op; /* "I/O" */
	uint64_t ops;   /* in load_s */
	double load_s, host_s, kvm_s;
};

/* Beside each total in `figures` that has one: its figure by operation, with the parts of the total. */
void per_op_figures(const struct work *work, struct json_object *figures);

#endif
