/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters_right.h - what the kernel asks of who opens a perf counter, and its refusal in words.
 *
 * Without a right, kernel.perf_event_paranoid decides (perf_event_open(2)):
 *   -1, 0  also what a whole CPU does
 *   1      own threads, in user mode and in the kernel
 *   2      own threads, in user mode only
 *   3, 4   upstream as 2; Debian's and Ubuntu's kernels then open nothing at all
 * CAP_PERFMON stands above the level; CAP_SYS_ADMIN too, and it alone where those kernels are patched as Debian 12's is
 * (3 is its default): they ask for it by name.
 */
#ifndef MEASURE_COUNTERS_RIGHT_H
#define MEASURE_COUNTERS_RIGHT_H

#include <stdbool.h>
#include <stddef.h>

/* What a counter looks at, which is the level that gives it to everybody. */
enum counters_scope { COUNTERS_OF_CPUS = 0, COUNTERS_OF_KERNEL = 1, COUNTERS_OF_USER = 2 };

/* Is the level one at which CAP_PERFMON may not be enough? */
bool counters_need_admin(void);
/* May we count only in user mode now?  False also where there are no counters at all. */
bool counters_user_only_now(void);
/* why: EACCES, EPERM or ENOSYS of perf_event_open. */
void counters_refusal(int why, enum counters_scope scope, char *buf, size_t size);
/* The same of a status file's and perf_event_paranoid's text, which may be empty.  closed: the call is refused whatever is
 * asked, before the kernel looks at rights. */
void counters_refusal_of(const char *status, const char *level, bool closed, int why,
                         enum counters_scope scope, char *buf, size_t size);

#endif
