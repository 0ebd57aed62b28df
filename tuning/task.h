/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.h - what the kernel says of one task in /proc/TID/stat.  Source: proc(5), linux/sched.h for the flags.
 */
#ifndef TUNING_TASK_H
#define TUNING_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TASK_IO_WORKER 0x00000010u /* PF_IO_WORKER: io_uring's own */
#define TASK_USER_WORKER                                                                           \
	0x00004000u /* PF_USER_WORKER: a kernel thread that lives in a process (Linux 6.4) */
#define TASK_KTHREAD 0x00200000u /* PF_KTHREAD */
#define TASK_FIXED   0x04000000u /* PF_NO_SETAFFINITY: nobody may pin it */

struct task {
	char name[64];
	char state;
	pid_t ppid;
	unsigned int flags;
	uint64_t start_ticks;
};

/* False where the text is no stat line.  The name may hold anything, also ") R 1": fields count from the last ')'. */
bool task_parse(const char *line, struct task *ret);
/* Of an open stat file: it belongs to one life of the number for ever.  -ESRCH where the task is gone or only waits to be
 * reaped. */
int task_read_fd(int fd, struct task *ret);
/* path is "stat" below dirfd, or whole with AT_FDCWD. */
int task_read_at(int dirfd, const char *path, struct task *ret);
int task_read(pid_t tid, struct task *ret);

#endif
