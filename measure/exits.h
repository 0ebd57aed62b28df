/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits.h - KVM's own counters at the two ends of a window, as figures.  Source: QMP query-stats (the caller asks);
 * names are KVM's (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD) and outside QEMU's deprecation promise.
 */
#ifndef MEASURE_EXITS_H
#define MEASURE_EXITS_H

#include <stdint.h>

struct json_object;

struct exits_stat {
	int vcpu;
	char name[48];
	uint64_t value; /* cumulative; times in ns */
};

/* vm_exits (by: kinds such as "halt_exits", and "vcpu/0"), halt_poll_s (by: success, fail), halt_poll_success_s and
 * halt_poll_fail_s (by vCPU), halt_wait_s.
 * nr 0 or a missing counter: null with why (the caller's reason where given). */
void exits_figures(const struct exits_stat *start, int nr_start, const struct exits_stat *end,
                   int nr_end, const char *why_none, struct json_object *figures);
/* vm_exits_per_s and vm_exits_per_io, with the parts of vm_exits, which stands in `figures`: over the seconds between the
 * counters' two readings, and over the I/Os that the disks finished between them. */
void exits_rates(double seconds, double ios, struct json_object *figures);

#endif
