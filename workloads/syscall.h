/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscall.h - the cheapest system call there is (getppid), over and over: the way into the kernel and back.
 */
#ifndef WORKLOADS_SYSCALL_H
#define WORKLOADS_SYSCALL_H

#include "load.h"

extern const struct load load_syscall;

#endif
