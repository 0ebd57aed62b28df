/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_child.h - starts a QEMU (real or fake) with QMP on a socketpair, for tests; it dies with the test. */
#ifndef TESTS_QEMU_CHILD_H
#define TESTS_QEMU_CHILD_H

#include <sys/types.h>

#define QEMU_CHILD_FD 10 /* the QMP socket in the child: "-chardev socket,id=qmp,fd=10" */

/* Returns our end of the socket, which the caller owns.  stderr of the child goes to err_path. */
int qemu_child_start(const char *program, const char *const argv[], const char *err_path,
                     pid_t *ret_pid);
/* Waits (at most 10 s, then kills); the wait status. */
int qemu_child_end(pid_t *pid);
/* The folder of this test program. */
void qemu_child_here(char *ret, size_t size);

#endif
