/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seed.h - the seed study's two tables beside ours: what it published, what the same question gives here.
 *
 * The study ran once, in a VM inside VirtualBox, with different queue depths on both sides: its figures are claims to
 * look at, no anchors.  Arms go by the names that --preset seed gives them.
 */
#ifndef REPORT_SEED_H
#define REPORT_SEED_H

#include <stdio.h>

#include "err.h"

/* Both tables, at most 100 columns. */
int seed_write(char *const *paths, int nr, FILE *out, struct err *err) MUST_CHECK;

#endif
