/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuset.h - a set of CPU numbers, and an ordered list of them.  Pure.  Source: cpuset(7) "List format".
 */
#ifndef TUNING_CPUSET_H
#define TUNING_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define CPUSET_CPUS 1024 /* CPU numbers 0..1023 */
#define PINLIST_MAX 255  /* as many as vCPUs */

struct cpuset {
	uint64_t bits[CPUSET_CPUS / 64];
};

/* An ordered list: thread i runs on cpu[i].  nr 0: not pinned. */
struct pinlist {
	int nr;
	int16_t cpu[PINLIST_MAX];
};

/* "0-3,8,^2"; the empty text is refused. */
int cpuset_parse(const char *text, struct cpuset *ret, struct err *err) MUST_CHECK;
void cpuset_format(const struct cpuset *set, char *buf, size_t size); /* "" for the empty set */
void cpuset_add(struct cpuset *set, int cpu);
void cpuset_remove(struct cpuset *set, int cpu);
bool cpuset_has(const struct cpuset *set, int cpu);
int cpuset_count(const struct cpuset *set);
int cpuset_next(const struct cpuset *set,
                int after); /* the first above `after` (-1: from the start); -1: none */
bool cpuset_is_equal(const struct cpuset *a, const struct cpuset *b);
bool cpuset_is_subset(const struct cpuset *inner, const struct cpuset *outer);
struct cpuset cpuset_and(const struct cpuset *a, const struct cpuset *b);
struct cpuset cpuset_or(const struct cpuset *a, const struct cpuset *b);
struct cpuset cpuset_minus(const struct cpuset *a, const struct cpuset *b);

/* "none", "2-3", "3,2" (order kept), "0:2,1:3" (thread:cpu, each thread once, no gap).  A CPU may stand twice. */
int pinlist_parse(const char *text, struct pinlist *ret, struct err *err) MUST_CHECK;
void pinlist_format(const struct pinlist *list, char *buf, size_t size);
struct cpuset pinlist_set(const struct pinlist *list);

#endif
