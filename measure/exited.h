/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exited.h - what each thread of one process had counted when it ended, by the kernel's own record of each exit
 * (taskstats, Documentation/accounting/taskstats.rst).  /proc forgets a thread that ended; its record is exact, and costs
 * the threads that live nothing.
 *
 * Rights: CAP_NET_ADMIN around exited_open(), in the first network, user and PID namespace.  The record's thread group is
 * there since Linux 5.19.
 */
#ifndef MEASURE_EXITED_H
#define MEASURE_EXITED_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "sched.h"

struct exited;

/* Threads of pid that end from here on leave a record. */
int exited_open(pid_t pid, struct exited **ret, struct err *err) MUST_CHECK;
/* What ended before now is of no window. */
void exited_forget(struct exited *exited);
/* Takes one record; false: none is left. */
bool exited_next(struct exited *exited, pid_t *ret_tid, struct sched_sample *ret);
/* Whether the kernel had room for every record since the last exited_forget(). */
bool exited_is_whole(const struct exited *exited);
/* Bytes for records that wait to be read: the kernel doubles it, and has a least.  CAP_NET_ADMIN for more than
 * net.core.rmem_max. */
void exited_set_room(const struct exited *exited, int bytes);
void exited_close(struct exited **exited);

#endif
