/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv.h - comparisons as RFC 4180 rows, lines ended by a plain newline; what is not known is an empty cell.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdio.h>

struct comparisons;
struct results;

void csv_write(const struct results *results, const struct comparisons *comparisons, FILE *out);

#endif
