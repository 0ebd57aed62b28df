/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring_flags.h - names of what a ring was given: set-up flags, and what is registered with it.
 */
#ifndef WORKLOADS_URING_FLAGS_H
#define WORKLOADS_URING_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Linux 6.6: entries are taken in their order; older headers do not have the name. */
#define URING_NO_SQARRAY (1U << 16)

enum { URING_HAS_RING = 1, URING_HAS_FILE = 2, URING_HAS_BUFFERS = 4 };

/* Are there flags or registrations that the ring lacks?  "defer_taskrun (Linux 6.1 and later have them) and registered buffers
 * (a larger memlock limit may allow them: ulimit -l)"; "". */
bool uring_missing(unsigned setup_flags, unsigned registered, char *buf, size_t size);
/* "single_issuer defer_taskrun coop_taskrun taskrun_flag", "ring files buffers" */
void uring_format_flags(unsigned setup_flags, char *buf, size_t size);
void uring_format_registered(unsigned registered, char *buf, size_t size);

#endif
