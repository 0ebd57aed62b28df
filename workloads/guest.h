/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - qload as PID 1 of the built-in guest: make the kernel usable, find the host's channel and the scratch,
 * serve, power off.
 */
#ifndef WORKLOADS_GUEST_H
#define WORKLOADS_GUEST_H

#include <stdbool.h>

/* PID 1 of an initramfs.  PID 1 of a container is not: that one must never power off anything. */
bool guest_is_here(void);
/* Does not return: ends in a power-off, after one line on the console where something went wrong. */
void guest_main(void) __attribute__((noreturn));

#endif
