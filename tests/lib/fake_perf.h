/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_perf.h - perf_event_open(2) in front of the kernel's: whatever opens an event in this program opens it here.
 */
#ifndef TESTS_FAKE_PERF_H
#define TESTS_FAKE_PERF_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <sys/types.h>

/* The test's own.  false: refused, errno says why; else a descriptor is given whose counter stays at 0. */
bool fake_perf_opens(const struct perf_event_attr *attr, pid_t tid);

#endif
