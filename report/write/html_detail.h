/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_detail.h - what only the page shows of a line and the reader does not keep: histograms (summed over an arm's
 * trials of a workload), how each thread fared, samples over time, and how to do the trial again.
 *
 * Bounded: past the limits a line's details are left out, never its figures.
 */
#ifndef REPORT_HTML_DETAIL_H
#define REPORT_HTML_DETAIL_H

#include <stdint.h>

#include "hist_sum.h"
#include "names.h"
#include "results.h"

#define DETAIL_METRICS     4
#define DETAIL_HISTS_MAX   1024
#define DETAIL_ARMS_MAX    256
#define DETAIL_THREADS_MAX 16384 /* of all trials */
#define DETAIL_TIMED_MAX   16    /* lines with samples */
#define DETAIL_SAMPLES_MAX (1024 * 1024)
#define DETAIL_RECIPE_MAX  (64 * 1024)

extern const char *const detail_metrics[DETAIL_METRICS];

/* Trials stand for their arm: its number may still change when all files are read. */
struct detail_hist {
	size_t trial;
	int name;
	struct hist_sum *sum;
};

struct detail_thread {
	size_t trial;
	int key;   /* "vcpu/0", its number in keys */
	int about; /* its number in abouts: a JSON object of name, want, got, stray; -1 */
	double value[DETAIL_METRICS];
};

struct detail_arm {
	size_t trial;
	char *spec, *vm; /* JSON; vm, with QEMU's argv: NULL natively */
};

struct detail_timed {
	size_t trial;
	struct json_object *samples;
};

struct details {
	struct names hist_names, keys, abouts;
	struct detail_hist hist[DETAIL_HISTS_MAX];
	struct detail_arm arm[DETAIL_ARMS_MAX];
	struct detail_timed timed[DETAIL_TIMED_MAX];
	struct detail_thread *thread;
	size_t nr_threads, room_threads;
	int nr_hists, nr_arms, nr_timed;
	unsigned long left_out; /* lines without all of their details */
	char version[64], first[40],
	        last[40]; /* of qlaunch; the earliest and latest start, ISO 8601 */
};

/* Large: on the heap.  NULL: no memory. */
struct details *details_new(void);
/* The line of trial number `trial`, which the reader took.  -ENOMEM only. */
int details_add(struct details *details, const struct results *results, size_t trial,
                struct json_object *line) MUST_CHECK;
void details_free(struct details **details);

#endif
