/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit.h - "wakeup_p99_ns worse 10%": what a script does not accept.  Broken by an arm whose verdict is worse and
 * whose change is that large - with several files by the new against the old only; what the data do not resolve breaks nothing.
 */
#ifndef REPORT_LIMIT_H
#define REPORT_LIMIT_H

#include "err.h"

struct comparisons;
struct results;

struct limit {
	char figure[96];
	double share; /* 0.1 is 10 % */
};

int limit_parse(const char *text, struct limit *ret, struct err *err) MUST_CHECK;
/* -EINVAL: no such figure in the results, or neither more nor less of it is better. */
int limit_fits(const struct limit *limit, const struct results *results, struct err *err)
        MUST_CHECK;
/* -ERANGE: broken, with the arm where it is broken most.  -ENODATA: nobody knows, for two arms have values and there is
 * no verdict on them, the figure has no value in any arm, or none that could be compared, or there is one arm; said with
 * the reason.  An arm that has no value is left out where another one can be judged. */
int limit_check(const struct limit *limit, const struct results *results,
                const struct comparisons *comparisons, struct err *err) MUST_CHECK;

#endif
