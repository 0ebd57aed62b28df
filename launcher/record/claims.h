/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claims.h - what qload says of its own work: checked for shape, copied into the result line, and held against what
 * the host's block layer saw.  A guest's figures are claims.
 */
#ifndef LAUNCHER_CLAIMS_H
#define LAUNCHER_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct json_object;
struct marks;
struct qmp_block;
struct workload;

struct claims {
	int64_t window_ns; /* qload's own timed part */
	uint64_t ops;      /* units of work in it, of a workload that has one */
	uint64_t read_ops, read_bytes, write_ops, write_bytes, errors, shorts;
};

/* Copies histograms, engine and warnings that have the right shape, and those figures that the workload's load measures,
 * into `line` (its "figures" object must exist); other figures are counted in a warning.  Text that is no JSON or lacks the parts is an error. */
int claims_take(const char *text, const struct workload *workload, struct json_object *line,
                struct claims *ret, struct err *err) MUST_CHECK;
/* Warns in `line` where the claim and the block layer differ by more than 5 % and what is in flight.  The block layer
 * was read over a longer time, `stretch` times qload's: it may have seen more by as much. */
void claims_check(const struct claims *claims, const struct qmp_block *moved, double stretch,
                  uint64_t in_flight, struct json_object *line);

/* The first nr figures of `line`, which are qload's, and those by operation become unknown for this reason; the histograms go. */
void claims_disown(struct json_object *line, int nr, const char *why);
/* Where the guest's clock ran at another rate than the host's, all that was measured with it is wrong by as much: then
 * true, disowned, and a warning.  marks: NULL natively, where it is the host's own clock. */
bool claims_judge_clock(const struct claims *claims, const struct marks *marks, int nr,
                        struct json_object *line);

#endif
