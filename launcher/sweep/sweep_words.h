/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sweep_words.h - what a sweep says of itself on stderr, before and after.  Decides nothing.
 */
#ifndef LAUNCHER_SWEEP_WORDS_H
#define LAUNCHER_SWEEP_WORDS_H

struct course;
struct matrix;
struct plans;

/* The accelerator and why, each plan's notes, the design's size. */
void sweep_say_plans(const struct matrix *matrix, const struct plans *plans, const char *baseline,
                     int verbose);
/* The command that goes on with an interrupted sweep: the same words, and --resume FILE in place of --output. */
void sweep_say_resume(char *const *argv, const char *file);
/* Trials that did not run, by what left them out. */
void sweep_say_left_out(const struct course *course, int verbose);

#endif
