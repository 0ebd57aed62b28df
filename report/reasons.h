/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reasons.h - what --observe deep adds to a result line beside figures: why vCPUs left their guest ("by_reason") and
 * who took a thread's CPU ("preemptors"), read from the lines and shown below a workload's figures.
 */
#ifndef REPORT_REASONS_H
#define REPORT_REASONS_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "names.h"

#define REASONS_NAMES_MAX 4096

struct jsonscan_view;
struct results;
struct table;

enum reason_kind { REASON_EXIT, REASON_PREEMPTOR };

struct reason_row {
	uint32_t trial;
	uint16_t name, kind; /* its number in names: "npf", "stress, of vcpu/0" */
	double count, seconds, max_ns;
};

struct reason_rows {
	struct names names;
	struct reason_row *row;
	size_t nr, room;
};

/* Of the trial that results_nr trials stand before.  What has not the shape is left out; -ENOMEM only. */
int reasons_read(struct reason_rows *rows, uint32_t trial, const struct jsonscan_view *by_reason,
                 const struct jsonscan_view *preemptors) MUST_CHECK;
void reasons_done(struct reason_rows *rows);
/* Of one workload, an arm after the other; nothing where no line has any. */
void reasons_write(const struct table *table, int workload);

#endif
