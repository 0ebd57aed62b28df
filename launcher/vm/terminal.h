/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - the user's terminal in raw mode, and every way out of it.  Knows no guest.
 *
 * It is restored by terminal_restore(), by what ends the process after a second signal (stop.h), by the handlers of
 * SEGV, BUS, FPE, ILL and ABRT, and while the job is stopped (TSTP): CONT makes it raw again.  A job in the background
 * neither sets nor reads it: that would stop the job (TTOU, TTIN), or change the terminal below the shell's editor.
 */
#ifndef LAUNCHER_TERMINAL_H
#define LAUNCHER_TERMINAL_H

#include <stdbool.h>

#include "err.h"

/* stdin is a terminal and this job is in its foreground, or it has no job control. */
bool terminal_is_ours(void);
/* Raw input; output keeps its line ends.  TSTP and CONT come through *ret_jobs_fd from now on. */
int terminal_take(int *ret_jobs_fd, struct err *err) MUST_CHECK;
/* What came there: stops the job, makes the terminal raw again. */
void terminal_serve_jobs(int jobs_fd);
/* As it was before; async-signal-safe; twice is harmless. */
void terminal_restore(void);
/* Restores, and TSTP and CONT do what they did. */
void terminal_give_back(int *jobs_fd);

#endif
