/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html.h - the comparison as one HTML file that needs nothing else: libraries, style and data are inside, and its
 * Content-Security-Policy lets it load nothing.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdio.h>

#include "err.h"

struct comparisons;
struct details;
struct results;
struct seed;

/* assets: the folder of d3.js, plot.js, page.css, ... (`make report-assets` fills it), or NULL: not found.
 * seed: its tables, or NULL.
 * -ENOENT: an asset is not there, said with the command that fetches it; -ENOMEM. */
int html_write(const struct results *results, const struct comparisons *comparisons,
               const struct details *details, const struct seed *seed, const char *assets,
               FILE *out, struct err *err) MUST_CHECK;

#endif
