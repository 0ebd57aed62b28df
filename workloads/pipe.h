/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pipe.h - a byte back and forth between two threads over two pipes: two context switches a round trip.
 *
 * The worker and its partner share one CPU; where they are free to use two, trips across two alternate with those.
 */
#ifndef WORKLOADS_PIPE_H
#define WORKLOADS_PIPE_H

#include "load.h"

extern const struct load load_pipe;

#endif
