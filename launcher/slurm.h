/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurm.h - a sweep as a Slurm job array: one shard a task, blocks kept whole.  Knows nothing of trials.
 */
#ifndef LAUNCHER_SLURM_H
#define LAUNCHER_SLURM_H

#include <stdint.h>
#include <stdio.h>

#include "err.h"

/* A batch script on out, for sbatch: the command line argv again, with this seed, in so many shards.  Each task resumes
 * its own results file, so one that Slurm puts back into the queue goes on where it was lost. */
int slurm_print(char *const *argv, int shards, uint64_t seed, FILE *out, struct err *err)
        MUST_CHECK;

#endif
