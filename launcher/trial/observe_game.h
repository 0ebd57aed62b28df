/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_game.h - something small, timed in a child of our own, to see what watching it costs.
 */
#ifndef LAUNCHER_OBSERVE_GAME_H
#define LAUNCHER_OBSERVE_GAME_H

#include <sys/types.h>

#include "err.h"

/* Not exec'ed: go is one byte, the answer the ns of one game. */
struct game {
	pid_t pid;
	int go, answer; /* our ends */
	pid_t tid[2];
};

/* Runs play(go, answer) in the child, alone with its threads on one CPU.  It first answers with the TID of a second
 * thread, its own where there is none; then for each byte of go with the ns of one game, an int64_t. */
int game_start(void (*play)(int go, int answer), struct game *ret, struct err *err) MUST_CHECK;
/* The fastest of several games, ns; NaN where it ended. */
double game_fastest(const struct game *game);
/* ns an event.  A quiet observer may drown in noise, but none makes anything faster. */
double game_price(double alone, double seen, double events);
void game_end(struct game *game); /* CLEANUP */

#endif
