/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurm.h - a sweep as a Slurm job array, one shard a task, blocks kept whole, and the job that gathers what the tasks
 * measured.  Writes scripts, runs nothing.  Knows nothing of trials.
 *
 * Files of a sweep of seed S, in the folder of sbatch: qlaunch-S/shard-I.jsonl of each task, qlaunch-S/all.jsonl and
 * qlaunch-S/report.txt of the gathering job, qlaunch-S-I.log of what a task said.
 */
#ifndef LAUNCHER_SLURM_H
#define LAUNCHER_SLURM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"

struct slurm {
	char *const *argv; /* the sweep's command line, as it was given */
	int shards;
	uint64_t seed;
	bool may_replace;           /* scripts of an earlier submission */
	const char *const *fail_if; /* limits for the whole: no task can judge them by its part */
	int nr_fail_ifs;
};

/* The array: the command line again, with this seed.  Each task resumes its own results file, so one that Slurm puts
 * back into the queue goes on where it was lost. */
int slurm_print(const struct slurm *slurm, FILE *out, struct err *err) MUST_CHECK;
/* What runs when the array has ended: one results file, and the comparison. */
int slurm_print_gather(const struct slurm *slurm, FILE *out, struct err *err) MUST_CHECK;

#endif
