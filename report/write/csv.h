/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv.h - comparisons as RFC 4180 rows, lines ended by a plain newline; what is not known is an empty cell.
 *
 * The column `kind` tells rows apart: "figure" for a comparison; above them, of --preset seed, "seed_gains" and
 * "seed_policies", comparisons again, with what was claimed in `claim` and `theirs`; below them a row an exit reason,
 * one a reason and vCPU, and one a preemptor.  ci95_* are empty where the interval has another level: interval_* have any.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdio.h>

#include "err.h"

struct comparisons;
struct results;
struct seed;

/* -ENOMEM only. */
int csv_write(const struct results *results, const struct comparisons *comparisons,
              const struct seed *seed, FILE *out) MUST_CHECK;

#endif
