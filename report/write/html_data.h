/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_data.h - everything that the page draws, as one JSON object (qlaunch.page/1) that is safe inside a <script>.
 *
 * Tables of numbers with names kept once, so that a thousand trials stay far below the page's two megabytes.  Larger
 * files are thinned evenly; the object says by how much.
 */
#ifndef REPORT_HTML_DATA_H
#define REPORT_HTML_DATA_H

#include <stdio.h>

#include "err.h"

#define HTML_VALUES_MAX      60000 /* of single trials; the comparisons are made from all */
#define HTML_COMPARISONS_MAX 8000
#define HTML_SAMPLES_MAX     20000 /* numbers of one timeline */
#define HTML_POINTS_MAX      24000 /* of all distributions */

struct comparisons;
struct details;
struct results;
struct seed;

/* -ENOMEM. */
int html_data_write(const struct results *results, const struct comparisons *comparisons,
                    const struct details *details, const struct seed *seed, FILE *out) MUST_CHECK;

#endif
