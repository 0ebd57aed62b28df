/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_room.h - what tests of whole reports share: a report as text.
 */
#ifndef TESTS_REPORT_ROOM_H
#define TESTS_REPORT_ROOM_H

#include "report.h"

/* Whatever it returns, *ret is what was written, to be freed. */
int report_try(const struct report_wish *wish, char *const *paths, int nr, char **ret,
               struct err *err);
/* Of one file, which must be written well. */
char *report_of(const struct report_wish *wish, const char *path);

#endif
