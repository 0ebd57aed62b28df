/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard.h - a program's work in a process of its own, so that its end can be told.  With requests at a disk that no
 * longer answers the kernel lets nobody go: whoever waits for such a process waits for the disk.
 */
#ifndef WORKLOADS_GUARD_H
#define WORKLOADS_GUARD_H

/* The exit code that run() gives in a child process, as soon as it gives it; the child dies with us.  Before any thread. */
int guard_run(int (*run)(const void *arg), const void *arg);

#endif
