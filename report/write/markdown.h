/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * markdown.h - the comparison as tables that code hosts and note takers render.  Texts of a file stay texts: what
 * would be markup in them is escaped.
 */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include <stdbool.h>
#include <stdio.h>

struct comparisons;
struct results;
struct seed;

/* all: every figure, else those that the terminal's table shows.  seed: its tables come first; or NULL. */
void markdown_write(const struct results *results, const struct comparisons *comparisons, bool all,
                    const struct seed *seed, FILE *out);
/* Foreign text in a cell: no character of it is markup.  NULL: nothing. */
void markdown_text(const char *text, FILE *out);

#endif
