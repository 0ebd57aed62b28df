/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seed.h - the seed study's two tables beside ours: what it published, what the same question gives here.
 *
 * The study ran once, in a VM inside VirtualBox, with different queue depths on both sides: its figures are claims to
 * look at, no anchors.  Arms go by the names that --preset seed gives them, which is also how its files are known.
 */
#ifndef REPORT_SEED_H
#define REPORT_SEED_H

#include <stdio.h>

#include "err.h"

struct comparison;
struct json_object;
struct results;
struct seed;
struct sheet;

/* NULL into *ret: the lines are none of --preset seed.  Borrows the results. */
int seed_make(const struct results *results, struct seed **ret, struct err *err) MUST_CHECK;
/* Both tables, at most 100 columns; nothing for NULL. */
void seed_write_table(const struct seed *seed, struct sheet *sheet);
void seed_write_markdown(const struct seed *seed, FILE *out);
/* One claim and what answers it: kind is "seed_gains" or "seed_policies", found NULL where no trial does. */
struct seed_answer {
	const char *kind, *claim, *theirs, *arm, *baseline, *workload, *figure, *why;
	const struct comparison *found;
};

void seed_each(const struct seed *seed, void (*put)(const struct seed_answer *answer, void *data),
               void *data);
/* {"gains": [...], "policies": [...], "titles": {...}, "notes": {...}}; NULL for NULL. */
struct json_object *seed_json(const struct seed *seed);
void seed_free(struct seed **seed);

#endif
