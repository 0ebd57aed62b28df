/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - events as what a timeline shows: slices that begin and end, and moments, on tracks.  Pure: events in,
 * rows out; both of Perfetto's formats are written from the rows.
 *
 * On a track, slices never overlap and each end has its beginning, whatever was lost or began before the first event.
 */
#ifndef MEASURE_TIMELINE_H
#define MEASURE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct timeline;
struct trace_event;
struct trace_loss;

struct trace_thread {
	pid_t tid;
	char name[64];
};

/* A moment that the load or qlaunch knows: "ready", "go", "done". */
struct trace_mark {
	int64_t ts_ns;
	const char *name;
	char text[160]; /* "" or words about it */
};

/* What is known besides the events; all borrowed. */
struct timeline_facts {
	pid_t pid;
	const struct trace_thread *threads; /* any order */
	int nr_threads;
	const struct trace_mark *marks; /* sorted by time */
	int nr_marks;
	const struct trace_loss *loss; /* of each CPU */
	int nr_cpus;
	const char *about; /* a JSON object's text */
};

enum timeline_track {
	TRACK_CPU,     /* the thread runs */
	TRACK_GUEST,   /* its guest runs, or an exit is handled, named by its reason */
	TRACK_CALL,    /* it is in a system call that does I/O */
	TRACK_REQUEST, /* a request of io_uring: several at once, each in a lane of its own */
	TRACK_MARK,    /* of no thread */
	NR_TRACKS,
};

enum timeline_phase { ROW_BEGIN, ROW_END, ROW_MOMENT };

#define TIMELINE_ARGS 3

struct timeline_arg {
	const char *name;
	const char *text; /* not always terminated: at most max bytes.  NULL: the number */
	size_t max;
	int64_t number;
};

struct timeline_row {
	uint64_t ts_ns; /* never goes back */
	enum timeline_track track;
	enum timeline_phase phase;
	pid_t tid;
	int lane;
	uint64_t id;      /* of a request */
	bool first;       /* on this thread's track and lane */
	const char *name; /* NULL at an end */
	struct timeline_arg arg[TIMELINE_ARGS];
	int nr_args;
};

/* see() gets each row; the facts must outlive it. */
int timeline_open(const struct timeline_facts *facts,
                  void (*see)(void *arg, const struct timeline_row *row), void *arg,
                  struct timeline **ret, struct err *err) MUST_CHECK;
/* -ENOMEM. */
int timeline_event(struct timeline *timeline, const struct trace_event *event);
/* Marks that come after the last event. */
void timeline_end(struct timeline *timeline);
uint64_t timeline_events(const struct timeline *timeline); /* without lines of our own */
void timeline_close(struct timeline **timeline);           /* CLEANUP */

extern const char *const timeline_categories[NR_TRACKS];

#endif
