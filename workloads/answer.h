/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer.h - one trial's outcome as the JSON that goes into a result line, and as text for a person.
 */
#ifndef WORKLOADS_ANSWER_H
#define WORKLOADS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "job.h"
#include "store.h"
#include "tally.h"

struct answer {
	const struct job *job;
	const struct store *store; /* of an I/O workload */
	const struct tally *total;
	int64_t window_ns;
};

/* Refuses an outcome that measured nothing: every request failed. */
int answer_check(const struct answer *answer, struct err *err) MUST_CHECK;
/* {"window_ns": ...} without a newline; its length, or -EMSGSIZE. */
int answer_json(const struct answer *answer, char *buf, size_t size, struct err *err) MUST_CHECK;
/* A few lines for the terminal. */
int answer_text(const struct answer *answer, char *buf, size_t size, struct err *err) MUST_CHECK;

#endif
