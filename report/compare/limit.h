/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit.h - what a script does not accept, as --fail-if says it: "wakeup_p99_ns worse 10%", "wakeup_max_ns > 100us".
 *
 * A relative limit is broken by an arm whose verdict is worse and whose change is that large - with several files by the
 * new against the old only; what the data do not resolve breaks nothing.  An absolute one is broken by an arm whose
 * median is beyond it, of figures that are a maximum by the largest trial.
 */
#ifndef REPORT_LIMIT_H
#define REPORT_LIMIT_H

#include <stdio.h>

#include "err.h"

struct comparison;
struct comparisons;
struct results;

#define LIMITS_MAX 16

enum limit_kind { LIMIT_WORSE, LIMIT_ABOVE, LIMIT_BELOW };

struct limit {
	enum limit_kind kind;
	char figure[96];
	double number; /* LIMIT_WORSE: 0.1 is 10 %; else as it was said, in `unit` */
	char unit[8];  /* "us", "k", ""; of an absolute limit */
	char text[160];
};

int limit_parse(const char *text, struct limit *ret, struct err *err) MUST_CHECK;
/* -EINVAL: no such figure in the results, neither more nor less of it is better, or its unit is another kind. */
int limit_fits(const struct limit *limit, const struct results *results, struct err *err)
        MUST_CHECK;

enum limit_word { LIMIT_KEPT, LIMIT_BROKEN, LIMIT_UNKNOWN, LIMIT_NOT_MEANT };

/* One row against one limit; words say by how much, or why it is not known. */
enum limit_word limit_row(const struct limit *limit, const struct results *results,
                          const struct comparisons *comparisons, const struct comparison *row,
                          char *words, size_t size);
/* -ERANGE: broken, with all arms that break one.  -ENODATA: nobody knows, for two arms have values and there is no verdict
 * on them, a figure has no value in any arm, or none that could be compared, or there is one arm; said with the reason.
 * An arm that has no value is left out where another one can be judged. */
int limits_check(const struct limit *limits, int nr, const struct results *results,
                 const struct comparisons *comparisons, struct err *err) MUST_CHECK;
/* The same as JUnit's XML: a test case for each limit and arm. */
void limits_write_junit(const struct limit *limits, int nr, const struct results *results,
                        const struct comparisons *comparisons, FILE *out);

#endif
