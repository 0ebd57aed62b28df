/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rt_limit.h - what the kernel keeps of a CPU's time for normal threads that real-time threads would starve.  It counts
 * it nowhere, so this is a prediction from its settings.  Source: kernel/sched/deadline.c (fair server, since Linux 6.12)
 * and Documentation/scheduler/sched-rt-group.rst (RT throttling, before).
 */
#ifndef LAUNCHER_RT_LIMIT_H
#define LAUNCHER_RT_LIMIT_H

#include <stddef.h>

struct rt_limit {
	double share;    /* 0: nothing */
	char limit[120]; /* "fair server: 50 of 1000 ms" */
	const char *mend;
};

void rt_limit_read(struct rt_limit *ret);
/* The pure half.  release: of uname(2); runtime and period as their files have them, NULL: not readable. */
void rt_limit_make(const char *release, const char *runtime, const char *period,
                   struct rt_limit *ret);
/* "up to 5 % of a CPU, where normal threads wait for it (fair server: ...); to change it, ..." */
void rt_limit_format(const struct rt_limit *limit, char *buf, size_t size);

#endif
