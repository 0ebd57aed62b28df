/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_figures.h - a deep reading as members of a result line: figures, histograms, by_reason, preemptors,
 * deep_window_ns.  run_delay_s is there already, from /proc, which does not know when a wait began: it is replaced where
 * BPF has seen (nearly) all waits.
 */
#ifndef MEASURE_DEEP_FIGURES_H
#define MEASURE_DEEP_FIGURES_H

#include <stdbool.h>
#include <sys/types.h>

struct deep_reading;
struct json_object;

/* What the caller knows about a thread. */
struct deep_name {
	pid_t tid;
	char role[16], key[32]; /* "vcpu", "vcpu/0" */
	bool is_foreign;        /* of another process, a kernel thread's: not watched */
};

/* line's "figures" is there already. */
void deep_figures(const struct deep_reading *reading, const struct deep_name *names, int nr,
                  struct json_object *line);
/* Of all waits, those whose end was not seen (0-1): a hypervisor under this kernel may hide its tracepoints from some
 * processes' switches.  Such a wait is in no figure. */
double deep_unseen_share(const struct deep_reading *reading);
/* The same figures, all null, with the reason. */
void deep_figures_none(const char *why, struct json_object *line);

#endif
