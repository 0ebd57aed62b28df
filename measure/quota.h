/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quota.h - how long a cgroup's CPU quota kept its threads off their CPUs, as cpu.stat counts it, CPU by CPU in sum.
 * Source: Documentation/scheduler/sched-bwc.rst (throttled_time, ns) and Documentation/admin-guide/cgroup-v2.rst
 * (throttled_usec).
 */
#ifndef MEASURE_QUOTA_H
#define MEASURE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;

struct quota {
	bool is_kept; /* false: neither the cgroup nor one above it counts it */
	uint64_t throttled_ns;
	char folder[4096]; /* the nearest one that has been throttled; "" */
	char limit[64];    /* its quota and period, as its file has them */
};

/* What holds before anything runs: the quota that leaves the fewest CPUs. */
struct quota_limit {
	double cpus; /* 0: none */
	uint64_t quota_us, period_us;
	char folder[4096];
	const char *file; /* where it is set */
};

/* false: this text has no such count, as that of version 2's root. */
bool quota_parse(const char *text, uint64_t *ret_ns);
/* Of this folder and all above it: a quota anywhere on the way holds. */
void quota_read(const char *folder, struct quota *ret);
/* Of this folder and all above it. */
void quota_limit_read(const char *folder, struct quota_limit *ret);
/* Adds quota_throttled_s. */
void quota_figure(const struct quota *start, const struct quota *end, struct json_object *figures);

#endif
