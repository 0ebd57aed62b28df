/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memcpy.h - memcpy of 64 MiB, more than a cache holds: memory bandwidth.
 */
#ifndef WORKLOADS_MEMCPY_H
#define WORKLOADS_MEMCPY_H

#include "load.h"

extern const struct load load_memcpy;

#define COPY_BYTES (64ull << 20)

#endif
