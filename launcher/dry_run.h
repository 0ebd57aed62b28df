/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dry_run.h - prints what would be done: placements, QEMU's exact argv, and a variant to paste into a shell.
 */
#ifndef LAUNCHER_DRY_RUN_H
#define LAUNCHER_DRY_RUN_H

#include <stdbool.h>
#include <stdio.h>

#include "err.h"

struct disk_info;
struct matrix;
struct plan;
struct plans;
struct session;
struct spec;

/* skips: an arm whose guest does not fit into its memory is left out, else it is the answer. */
int dry_run_print(const struct matrix *matrix, const struct plans *plans,
                  const struct session *session, bool skips, FILE *out, struct err *err) MUST_CHECK;
/* A user's VM. */
int dry_run_run(const struct spec *spec, const struct plan *plan, const struct session *session,
                const struct disk_info *disks, FILE *out, struct err *err) MUST_CHECK;

#endif
