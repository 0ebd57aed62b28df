/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_reasons.h - exits by reason and preemptors as members of the page's data.
 */
#ifndef REPORT_HTML_REASONS_H
#define REPORT_HTML_REASONS_H

#include <stdio.h>

#define HTML_REASONS_MAX 10000 /* rows */

struct comparisons;

/* arm_at: an arm's place on the page, by its number. */
void html_reasons_write(const struct comparisons *comparisons, const int *arm_at, FILE *out);

#endif
