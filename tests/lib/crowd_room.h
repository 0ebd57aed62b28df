/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd_room.h - a fresh crowd for each test, and the threads that were found in it last.
 */
#ifndef TESTS_CROWD_ROOM_H
#define TESTS_CROWD_ROOM_H

#include "crowd.h"
#include "threads.h"

extern struct crowd crowd;
extern struct threads threads;

/* A test's setup and teardown, or the end of its own. */
int crowd_room_open(void **state);
int crowd_room_close(void **state);

#endif
