/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_room.h - BPF's programs for a group of tests, and what these do with their own threads.
 */
#ifndef TESTS_DEEP_ROOM_H
#define TESTS_DEEP_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "deep.h"

/* NULL: no BPF here, and the group has said why. */
extern struct deep *deep;

int deep_room_open(void **state);
int deep_room_close(void **state);

void to_last_cpu(void);
void sleep_ns(int64_t ns);
/*
 * Windows until there is one in which the kernel told of the end of each wait: some kernels leave single switches out of
 * their tracepoint, and such a wait is in no sum.  The play opens and checks one, and returns whether it was such a one.
 * Fails the test where none of many was.
 */
void in_a_whole_window(bool (*play)(void));
/* Fails the test where the thread is not there. */
const struct deep_sums *sums_of(const struct deep_reading *reading, int tid);

#endif
