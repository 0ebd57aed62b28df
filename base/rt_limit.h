/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rt_limit.h - what the kernel keeps of a CPU's time for normal threads that real-time threads would starve.  It counts
 * it nowhere, so this is a prediction from its settings.  Source: kernel/sched/deadline.c (fair server, since Linux 6.12)
 * and Documentation/scheduler/sched-rt-group.rst (RT throttling, before).
 */
#ifndef BASE_RT_LIMIT_H
#define BASE_RT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

struct rt_limit {
	double share;     /* 0: nothing */
	const char *name; /* "fair server"; NULL: its settings cannot be read */
	bool is_fair_server;
	char setting[100]; /* "50 of 1000 ms, the default" */
	const char *mend;
};

void rt_limit_read(struct rt_limit *ret);
/* Whether this kernel has one: its settings are the fair server's, else those of RT throttling. */
bool rt_limit_is_fair_server(const char *release);
/* The pure half.  release: of uname(2); runtime and period as their files have them, NULL: not readable. */
void rt_limit_make(const char *release, const char *runtime, const char *period,
                   struct rt_limit *ret);
/* Whether a real-time thread's wait, as a share of a window of so many seconds, may be all its doing.  It takes its share
 * once a second: a window may hold one time more than it has seconds. */
bool rt_limit_covers(const struct rt_limit *limit, double waited, double seconds);
/* "up to 5 % of a CPU, where normal threads wait for it (fair server: ...); to change it, ..." */
void rt_limit_format(const struct rt_limit *limit, char *buf, size_t size);

#endif
