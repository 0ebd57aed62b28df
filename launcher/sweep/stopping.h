/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopping.h - --until-ci: a cell (arm and workload) ends when the interval of its ratio to the baseline is narrow
 * enough.  Pure.
 *
 * The unit is that of a verdict: a completed boot, natively a round (report/compare/pairs.h).  Looking again and again and
 * stopping at the first narrow interval would make it miss the truth more often than it says.  So the looks are few and
 * planned - at 8, 12, 16, 24, 32, 48, ... units, from where a verdict can be given on - and each uses .05 divided by their number (Bonferroni): all intervals
 * of a cell together hold with 95 %, and the report prints the cell at that level.  The baseline's cell of a workload
 * ends last, so that each trial keeps its partner.
 */
#ifndef LAUNCHER_STOPPING_H
#define LAUNCHER_STOPPING_H

#include "err.h"

struct course;
struct json_object;
struct matrix;
struct stopping;

/* After course_shard().  goal: half of the interval's width as a share of the ratio.  baseline: an arm's number.
 * -EINVAL: so few units are never looked at. */
int stopping_make(struct course *course, double goal, int baseline, struct stopping **ret,
                  struct err *err) MUST_CHECK;
/* The line of a finished step; where it ends a cell, the cell's open steps become STEP_SPARED. */
int stopping_take(struct stopping *stopping, int step, struct json_object *line, struct err *err)
        MUST_CHECK;
/* The units at which a cell may end first. */
int stopping_first_look(const struct matrix *matrix);
/* The units that each of so many shards has at least (0 or 1: no shards). */
int stopping_shard_units(const struct matrix *matrix, int shards);
/* Looks planned up to so many repeats. */
int stopping_looks(int repeats);
/* In how many units a cell has run at least when it ends, over so many shards (0: no shards). */
int stopping_least_boots(const struct matrix *matrix, int shards);
void stopping_free(struct stopping **stopping);

#endif
