/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopping.h - --until-ci: a cell (arm and workload) ends when the interval of its median is tight enough.  Pure.
 *
 * Looking again and again and stopping at the first tight interval would make it miss the median more often than it
 * says.  So the looks are few and planned - at 8, 12, 16, 24, 32, 48, ... values - and each uses .05 divided by their
 * number (Bonferroni): all intervals of a cell together hold with 95 %.  A boot is never judged by itself: looks begin
 * in the second block, of a shard in its own second.  The baseline's cell of a workload ends last, so that each trial
 * keeps its partner.
 */
#ifndef LAUNCHER_STOPPING_H
#define LAUNCHER_STOPPING_H

#include "err.h"

struct course;
struct json_object;
struct matrix;
struct stopping;

/* After course_shard().  goal: half of the interval's width as a share of the median.  baseline: an arm's number.
 * -EINVAL: one block of several is too little to look at. */
int stopping_make(struct course *course, double goal, int baseline, struct stopping **ret,
                  struct err *err) MUST_CHECK;
/* The line of a finished step; where it ends a cell, the cell's open steps become STEP_SPARED. */
int stopping_take(struct stopping *stopping, int step, struct json_object *line, struct err *err)
        MUST_CHECK;
/* Looks planned up to so many repeats. */
int stopping_looks(int repeats);
/* In how many boots a cell has run at least when it ends, over so many shards (0: no shards). */
int stopping_least_boots(const struct matrix *matrix, int shards);
void stopping_free(struct stopping **stopping);

#endif
