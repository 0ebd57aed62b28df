/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sbatch.h - hands a sweep to Slurm: the array, and after it the job that gathers.  Waits for neither.
 */
#ifndef LAUNCHER_SBATCH_H
#define LAUNCHER_SBATCH_H

#include <stdio.h>

#include "err.h"
#include "slurm.h"

/* Leaves both scripts in the sweep's folder, and says on out which jobs they are and where their results will be.
 * -ENOENT where there is no sbatch. */
int sbatch_submit(const struct slurm *slurm, FILE *out, struct err *err) MUST_CHECK;

#endif
