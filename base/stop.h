/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop.h - INT, TERM, HUP and QUIT while there is something to put in order.  Knows no pump and no VM.
 *
 * The signals are never blocked: a handler notes each, makes stop_fd() readable, and lets every system call that
 * waits return with EINTR.  A signal that comes just before such a call would not end it, so a timer repeats it as
 * SIGALRM until stop_take() says that it was noticed.  Whoever waits therefore does, at EINTR:
 *
 *	if (errno == EINTR && !stop_wanted())
 *		continue;
 *
 * and a loop that only computes or reads a file asks stop_wanted() once a piece.  Where nobody notices (a library
 * that waits by itself), and after a second signal whatever happens, STOP_PATIENCE_MS later the process ends as by
 * kill -9, but with the terminal restored: children end by PR_SET_PDEATHSIG, half a result line is dropped by readers.
 * Only a process in uninterruptible sleep (state D) is not reached.
 *
 * These are the program's only mutable globals: a handler has nothing else to write to.
 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

#include "err.h"

#define STOP_PATIENCE_MS 1500

/* From now on; before it, and in a program that never calls it, the signals do what they do by default.  HUP stays
 * ignored where it is (nohup).  Called again it begins anew. */
int stop_listen(struct err *err) MUST_CHECK;
/* Readable while a signal waits to be noticed; -1 before stop_listen(). */
int stop_fd(void);
/* A signal has come that nobody has noticed yet. */
bool stop_wanted(void);
/* Notices it; what was begun to put things in order may wait again, until the next signal. */
void stop_take(void);
/* The first signal that came, 0 none; and how many. */
int stop_signal(void);
int stop_count(void);
/* Puts "interrupted by SIGTERM" into err; returns -EINTR. */
int stop_explain(struct err *err);
/* Called before the process is ended from the handler: async-signal-safe; NULL: nothing. */
void stop_at_end(void (*restore)(void));

#endif
