/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * experiment.h - runs a matrix: boots when it must, re-tunes live where it can, one result line a trial.
 */
#ifndef LAUNCHER_EXPERIMENT_H
#define LAUNCHER_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct course;
struct design;
struct json_object;
struct matrix;
struct measured;
struct pace;
struct plan;
struct result_file;
struct session;
struct stopping;

struct experiment {
	struct session *session;
	const struct matrix *matrix;
	struct plan *const *plan; /* one an arm; NULL where the arm is refused */
	const char *baseline;     /* an arm's name */
	struct result_file *file;
	const struct design *design;
	struct course *course;     /* which steps are open */
	struct stopping *stopping; /* or NULL */
	struct pace *pace;
	struct measured *measured;    /* takes each line */
	struct json_object **engines; /* what the first load of each kind had (likeness.h) */
	int64_t budget_ns;            /* 0: no limit */
	bool drops_first;             /* one trial more a boot, whose line is not written */
};

struct tally {
	int done, failed, refused; /* of this run */
	int nr_steps;              /* that were open */
};

/* -EINTR when a signal ended it; finished trials are in the file. */
int experiment_run(const struct experiment *experiment, struct tally *ret, struct err *err)
        MUST_CHECK;

#endif
