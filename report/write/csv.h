/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv.h - comparisons as RFC 4180 rows, lines ended by a plain newline; what is not known is an empty cell.  Below
 * them, told apart by the column `kind`, a row an exit reason, one a reason and vCPU, and one a preemptor.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdio.h>

#include "err.h"

struct comparisons;
struct results;

/* -ENOMEM only. */
int csv_write(const struct results *results, const struct comparisons *comparisons, FILE *out)
        MUST_CHECK;

#endif
