/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_fit.h - over how much memory `mem` walks in a whole sweep: the same in every arm, so that they can be compared.
 */
#ifndef LAUNCHER_MEM_FIT_H
#define LAUNCHER_MEM_FIT_H

struct matrix;
struct mem_sizes;
struct plans;

/* By this host's caches, and the memory of the smallest guest with the most workers.  Left as it is where no arm
 * runs mem. */
void mem_fit(const struct matrix *matrix, const struct plans *plans, struct mem_sizes *ret);

#endif
