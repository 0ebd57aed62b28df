/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io.h - the six I/O loads: uring.h's engine, and what its counts mean.
 */
#ifndef WORKLOADS_IO_H
#define WORKLOADS_IO_H

#include "load.h"

extern const struct load load_io;

#endif
