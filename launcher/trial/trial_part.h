/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial_part.h - what one target does in a trial; trial.c alone calls these, each in turn for all targets.
 */
#ifndef LAUNCHER_TRIAL_PART_H
#define LAUNCHER_TRIAL_PART_H

#include <stdint.h>

#include "err.h"
#include "text.h"
#include "window.h"

struct json_object;
struct observer;
struct plan;
struct spec;
struct target;

struct part {
	struct target *target;
	const struct plan *plan;
	const struct spec *spec;
	const char *workload;
	uint64_t seed, id;
	struct json_object *line; /* of this target */
	struct observer *observer;
	struct window window;
	int64_t go_ns, done_ns; /* host: said, heard */
	int64_t load_ns;        /* qload's own timed part */
	int nr_claimed;         /* figures of qload's: the first ones of the line */
};

/* For what should take milliseconds: an emulated, loaded guest is slow. */
#define PART_ANSWER_NS (60 * NSEC_PER_SEC)
/* Its end, from now. */
int64_t part_soon(void);

/* trial_prepare.c */
int part_tune(struct part *part, struct err *err) MUST_CHECK;
int part_say_prepare(struct part *part, struct err *err) MUST_CHECK;
int part_hear_parked(struct part *part, struct err *err) MUST_CHECK;
int part_say_warm(struct part *part, struct err *err) MUST_CHECK;
int part_hear_ready(struct part *part, struct err *err) MUST_CHECK;

/* trial_collect.c */
int part_ask(struct part *part, struct err *err) MUST_CHECK;
int part_open(struct part *part, struct err *err) MUST_CHECK;
int part_say_go(struct part *part, struct err *err) MUST_CHECK;
/* Ends the window at once. */
int part_hear_done(struct part *part, struct err *err) MUST_CHECK;
/* KVM's and the block layer's counters. */
int part_ask_end(struct part *part, struct err *err) MUST_CHECK;
int part_collect(struct part *part, struct err *err) MUST_CHECK;
void part_done(struct part *part);

#endif
