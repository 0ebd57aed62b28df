/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters.h - perf counters on the threads of a VM: opened by TID, inherited by the threads they make later.
 *
 * Nothing is counted before counters_start(), and the values stay after counters_stop(), also those of threads that
 * have ended since.  What could not be opened is a figure without a value and with the reason; the others stand.
 * Source: perf_event_open(2).
 */
#ifndef MEASURE_COUNTERS_H
#define MEASURE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

struct counters;
struct event_set;
struct json_object;

struct counters_thread {
	pid_t tid;
	bool is_vcpu; /* runs a guest by hardware: guest mode and host mode are counted apart */
	char role[16], key[32]; /* "vcpu", "vcpu/0" */
};

/* Does this machine let us count cycles?  Where it does not, `why` says what stands in the way. */
bool counters_have_pmu(char *why, size_t size);
/* Fails only where there is no memory. */
int counters_open(const struct event_set *set, const struct counters_thread *threads, int nr,
                  struct counters **ret, struct err *err) MUST_CHECK;
void counters_start(struct counters *counters);
void counters_stop(struct counters *counters);
/* Figures with value, by role and thread, "share" where they were counted less than all of the time. */
void counters_figures(struct counters *counters, struct json_object *figures);
/* The figures of the set, each null for this reason. */
void counters_none(const struct event_set *set, const char *why, struct json_object *figures);
/* The smallest share of the window that any event was counted, after counters_figures(); 1 where all were. */
double counters_share(const struct counters *counters);
/* Counted without the kernel's part, which also is without the guest's kernel: we lack the right. */
bool counters_user_only(const struct counters *counters);
/* Is any event open on any thread? */
bool counters_any(const struct counters *counters);
/* Where none is: was it refused (no right, no file), rather than not there in this machine?  `why` says it either way. */
bool counters_refused(const struct counters *counters, char *why, size_t size);
void counters_close(struct counters **counters);

#endif
