/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_room.h - what tests of reports share: lines of trials, what is compared from them, and a report as text.
 */
#ifndef TESTS_REPORT_ROOM_H
#define TESTS_REPORT_ROOM_H

#include "report.h"

struct comparisons;
struct results;

/* Whatever it returns, *ret is what was written, to be freed. */
int report_try(const struct report_wish *wish, char *const *paths, int nr, char **ret,
               struct err *err);
/* Of one file, which must be written well. */
char *report_of(const struct report_wish *wish, const char *path);

/* A trial of workload cpu with one figure; members: what else its line has. */
void add_line(struct results *results, const char *arm, int repeat, const char *members);
/* After the last line, all of which must have been good. */
void compare_lines(struct results *results, struct comparisons *ret);

#endif
