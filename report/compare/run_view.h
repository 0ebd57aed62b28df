/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_view.h - the threads of one `run` line: where each was asked to be and was, and what the scheduler did to it.
 * Rows are what `threads` and the figures' `by` of the line hold; the line is foreign, everything is bounded.
 */
#ifndef REPORT_RUN_VIEW_H
#define REPORT_RUN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;

#define RUN_ROWS_MAX 1024 /* 255 vCPUs, iothreads, workers */

enum run_number_kind {
	RUN_RUNNING,
	RUN_WAITING,
	RUN_LONGEST,
	RUN_VOLUNTARY,
	RUN_INVOLUNTARY,
	RUN_MIGRATIONS,
	RUN_EXITS,
	RUN_NUMBERS
};

/* NaN: not known, and why (borrowed from the line); NaN and NULL: such a thread has none. */
struct run_number {
	double value;
	const char *why;
};

/* What is asked for and what the kernel said at the end; "" where there was no wish, or no thread any more. */
struct run_place {
	char want[160], got[160];
};

struct run_row {
	char key[48], role[24]; /* "vcpu/0", "vcpu" */
	int nr;         /* threads in this row: more than one where workers are shown together */
	bool is_joined; /* it may be */
	bool is_listed; /* threads[] has it: it was there at the end */
	bool stray;
	bool open_wait; /* RUN_WAITING has a wait in it that had not ended with the window */
	int64_t tid;    /* 0: not listed */
	struct run_place cpus, policy;
	struct run_number number[RUN_NUMBERS];
	char preemptor[200]; /* "cc1 (17309), 5 times, 27.8 ms"; "" not known */
};

struct run_view {
	struct json_object *line; /* borrowed */
	double window_s;          /* NaN: nothing was measured */
	int nr;
	struct run_row *row;
	int nr_more; /* rows past the limit */
};

/* all: every worker has a row of its own.  The line must outlive the view.  -ENODATA: the line has no threads;
 * -ENOMEM. */
int run_view_make(struct json_object *line, bool all, struct run_view *ret);
void run_view_done(struct run_view *view);
/* A member of the line's figure: its total where key is NULL. */
struct run_number run_figure(const struct run_view *view, const char *figure, const char *key);
/* A number below the line. */
struct run_number run_number(const struct run_view *view, const char *first, const char *second);
/* A string below the line, along at most three keys; NULL: not there. */
const char *run_text(const struct run_view *view, const char *first, const char *second,
                     const char *third);
/* The row of the VM's own thread with this number; NULL: it is none of them, or ended. */
const struct run_row *run_own_thread(const struct run_view *view, int64_t tid);
/* Is the list of CPUs ("0-3,8") one that has this CPU; do two lists share one? */
bool run_cpus_have(const char *list, int cpu);
bool run_cpus_share(const char *a, const char *b);

#endif
