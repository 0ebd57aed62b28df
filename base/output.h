/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - stdout and stderr as streams that lose nothing: a descriptor that is not blocking (another process may
 * have made it so) is waited for, a signal ends the wait (stop.h), and what was not written is an error at the end.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include "err.h"

/* Puts them in the place of stdout and stderr.  After a signal a message on stderr waits a quarter of a second at most. */
int output_open(struct err *err) MUST_CHECK;
/* Writes and closes stdout.  *err is what was not written. */
int output_close(struct err *err) MUST_CHECK;
/* Nobody reads stdout any more (`qlaunch report | head`). */
int output_has_no_reader(void);

#endif
