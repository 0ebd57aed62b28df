/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - what people see on stderr while it runs: one changing line on a terminal, plain lines elsewhere.
 */
#ifndef LAUNCHER_PROGRESS_H
#define LAUNCHER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/* A message that stays.  quiet (-q): nothing but warnings. */
void progress_say(int verbose, const char *fmt, ...) PRINTF(2, 3);
/* The same, also with -q. */
void progress_note(const char *fmt, ...) PRINTF(1, 2);
void progress_warn(const char *fmt, ...) PRINTF(1, 2);
/* The changing line: on a terminal replaced at each call; elsewhere printed where `milestone`. */
void progress_show(int verbose, int milestone, const char *fmt, ...) PRINTF(3, 4);
/* Clears the changing line. */
void progress_clear(void);
/* Is stdout a terminal that shows colours, and NO_COLOR not set? */
bool progress_colours(void);

#endif
