/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_report.h - the comparison as one JSON object (qlaunch.report/1).
 */
#ifndef REPORT_JSON_REPORT_H
#define REPORT_JSON_REPORT_H

#include <stdio.h>

#include "err.h"

struct comparisons;
struct results;
struct seed;

/* seed: the study's tables, or NULL.  -ENOMEM. */
int json_report_write(const struct results *results, const struct comparisons *comparisons,
                      const struct seed *seed, FILE *out) MUST_CHECK;

#endif
