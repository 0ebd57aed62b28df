/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gap.h - how much of the gap between the default VM and native a configuration recovers, per primary figure:
 * theta = (T - V) / (N - V) on the figure's own scale, with Fieller's 95 % interval.
 *
 * N is the first native arm of the plan, V the first one with a VM, T every other one with a VM.  Where all three stand
 * in the same blocks x = T - V and y = N - V are taken by block; else each side has its own variance.  The interval is
 * bounded exactly where the gap itself is resolved (g < 1).  Unadjusted: it describes, and no verdict comes from it.
 * Source: Fieller, Some problems in interval estimation, JRSS B 16 (1954).
 */
#ifndef REPORT_GAP_H
#define REPORT_GAP_H

struct cells;
struct comparison;
struct comparisons;
struct results;

/* After the verdicts.  -ENOMEM. */
int gaps_fill(const struct results *results, const struct cells *cells,
              struct comparisons *comparisons);
/* "62 % [48, 77]", "-0.7 % [-1.5, -0.1]"; "" where the row has none. */
void gap_share(const struct comparison *row, char *buf, unsigned long size);
/* "recovers 62 % [48, 77] of the gap to native"; "" where the row has none. */
void gap_words(const struct comparison *row, char *buf, unsigned long size);

#endif
