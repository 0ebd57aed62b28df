/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * marks.h - the moments that qload and the host both stamped, each with its own CLOCK_MONOTONIC, and how far the two
 * clocks are apart.  Pure.
 */
#ifndef LAUNCHER_MARKS_H
#define LAUNCHER_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct marks {
	bool has_hello, has_ready, has_go;          /* qload said its own clock */
	int64_t hello_ns, ready_ns, go_ns, done_ns; /* host: heard, heard, said, heard */
	int64_t load_hello_ns, load_ready_ns, load_go_ns,
	        load_done_ns; /* qload: said, said, heard, said */
};

/* Takes "clock_ns=" and "go_ns=" from what followed hello, ready or done; an older qload says neither.  A hello is for
 * all trials of a boot. */
void marks_hello(struct marks *marks, int64_t heard_ns, const char *words);
void marks_ready(struct marks *marks, int64_t heard_ns, const char *words);
void marks_done(struct marks *marks, int64_t said_ns, int64_t heard_ns, const char *words);

/* host = load + offset_ns, within bound_ns, at go. */
struct load_clock {
	int64_t offset_ns, bound_ns;
	int64_t drift_ns; /* by done it had run ahead by so much at least; 0: none is seen */
};

/* No message arrives before it was sent: ready and done bound the offset from above, go from below.  A guest's clock
 * may run at another speed than the host's (an emulated guest measures its TSC while it is itself held up): then done
 * contradicts go, which is the drift.  -ENODATA: qload's clock was not heard; -ERANGE: ready contradicts go. */
int marks_clock(const struct marks *marks, struct load_clock *ret, struct err *err) MUST_CHECK;

/* Whether qload's clock ran at another rate than the host's, which no late message can explain: a timed part of
 * load_ns is longer than the host's time around it (a fast clock), or the time from hello to go is shorter than the
 * host's within it (a slow one).  By MARKS_RATE_OFF at least: what a kernel takes for its clock's rate may be 1 % from
 * the truth, and the host's own may be slewed by 0.05 %.  *ret_rate: how many times as fast, where it is true. */
#define MARKS_RATE_OFF .02
bool marks_rate_is_wrong(const struct marks *marks, int64_t load_ns, double *ret_rate);

#endif
