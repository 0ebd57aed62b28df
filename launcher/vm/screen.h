/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen.h - bytes to the terminal on stdout, never waited for: what it does not take is held, and shown through the
 * pump.  A terminal that nobody reads (a stalled ssh, a stopped multiplexer) then holds up who fills it and nobody else.
 */
#ifndef LAUNCHER_SCREEN_H
#define LAUNCHER_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct pump;
struct screen;

/* resume: there is room again after screen_show() said that there is none. */
int screen_open(struct pump *pump, void (*resume)(void *arg), void *arg, struct screen **ret,
                struct err *err) MUST_CHECK;
/* Returns whether more may come; else wait for resume(), what comes before may be lost.  After a signal, and where
 * the terminal has gone, everything is taken and what cannot be shown is dropped: a guest must get on to shut down. */
bool screen_show(struct screen *screen, const char *bytes, size_t n);
/* Gives what is held a second without progress to be taken. */
void screen_flush(struct screen *screen);
void screen_close(struct screen **screen);

#endif
