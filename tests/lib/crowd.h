/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd.h - a child process whose threads are born, named, put to work and ended on command.
 */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include <stdint.h>
#include <sys/types.h>

struct crowd {
	pid_t pid;
	int fd;
};

/* The process starts with its main thread alone; it ends when the test does. */
void crowd_start(struct crowd *ret);
void crowd_end(struct crowd *crowd);

/* Each answers when it is done: with the number of the thread where one was made, else 0 or -errno. */
pid_t crowd_add(struct crowd *crowd, const char *name);       /* waits in the kernel */
int crowd_remove(struct crowd *crowd, pid_t tid);             /* is gone when this returns */
int crowd_spin(struct crowd *crowd, pid_t tid, int64_t ns);   /* burns the CPU so long */
int crowd_nap(struct crowd *crowd, pid_t tid, int64_t times); /* sleeps so often, 1 ms each */
int crowd_touch(struct crowd *crowd, pid_t tid, int64_t pages);
int crowd_punt(struct crowd *crowd); /* has io_uring make a worker; -errno where it cannot */

#endif
