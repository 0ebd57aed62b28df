/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reasons.h - what --observe deep adds to a result line beside figures: why vCPUs left their guest ("by_reason") and
 * who took a thread's CPU ("preemptors", and together what that list leaves out: "preemptors_more"), read from the lines.
 */
#ifndef REPORT_REASONS_H
#define REPORT_REASONS_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "names.h"

#define REASONS_NAMES_MAX 4096         /* of a kind */
#define REASONS_WORDS_MAX 65534        /* of all kinds */
#define REASONS_TID_MAX   (1 << 22)    /* the kernel's own limit */
#define REASONS_REST      "all others" /* the preemptors that a line counts and does not name */
#define REASONS_ENDED     "an ended thread" /* "thread/TID" in a line: another number in each trial */

struct json_object;

enum reason_kind { REASON_EXIT, REASON_PREEMPTOR };

struct reason_row {
	uint32_t trial;
	int32_t tid;         /* the preemptor's; 0: not said */
	uint16_t name, kind; /* its number in the kind's names */
	uint16_t
	        of; /* 1 + number in words: whose CPU it was, or the vCPU of a vcpu_row; 0: nobody */
	uint16_t word; /* the same: a preemptor's own name, or why an exit has no percentiles */
	double count, seconds, max_ns, p50_ns, p99_ns; /* the last three: NaN where not known */
};

struct reason_rows {
	struct names names[2]; /* by kind: "npf", "stress, of vcpu/0": what is counted as one */
	struct names words;
	struct reason_row *row;
	size_t nr, room;
	struct reason_row *vcpu_row; /* exits once more, vCPU by vCPU */
	size_t nr_vcpu, room_vcpu;
	unsigned long nr_cut[2]; /* by kind: trials with a name past the limit */
};

/* Of the trial that results_nr trials stand before.  What has not the shape is left out, and exits past the limit of names
 * are; preemptors past it are among REASONS_REST.  -ENOMEM only. */
int reasons_read(struct reason_rows *rows, uint32_t trial, struct json_object *by_reason,
                 struct json_object *preemptors, struct json_object *more) MUST_CHECK;
void reasons_done(struct reason_rows *rows);

#endif
