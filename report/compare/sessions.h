/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sessions.h - two cells of different sessions: two kernels, two days, two files.
 *
 * All trials of one session share what the machine was like at that time, so the session is the unit: its value is the
 * median of the log figure over its boots (natively: rounds).  The spread between sessions is learned from groups of
 * sessions of one setting: the old ones, the new ones, and those that were given to learn it from.  With s the pooled
 * deviation of session medians, at least the sessions' own standard error, T = d / (s sqrt(1/n_old + 1/n_new)) has
 * Student's distribution; a verdict takes four degrees of freedom.
 */
#ifndef REPORT_SESSIONS_H
#define REPORT_SESSIONS_H

#include <stdbool.h>

struct cell;
struct evidence;

#define SESSIONS_FREEDOM_MIN 4

/* No trial of the one is from a session that the other has trials of. */
bool sessions_are_apart(const struct cell *cell, const struct cell *base);
/*
 * same: sessions of the setting of `base` to learn the spread from, or NULL.  spread: the standard deviation between
 * sessions as a share, given by the user, or 0.  -ENOMEM.
 */
int sessions_judge(const struct cell *cell, const struct cell *base, const struct cell *same,
                   double spread, double alpha, struct evidence *ret);

#endif
