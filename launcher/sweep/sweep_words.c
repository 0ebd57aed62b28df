/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sweep_words.c - a sweep's sentences. */
#include "sweep_words.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "course.h"
#include "matrix.h"
#include "plan.h"
#include "plans.h"
#include "progress.h"
#include "strv.h"

void sweep_say_plans(const struct matrix *matrix, const struct plans *plans, const char *baseline,
                     int verbose)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!plans->plan[i] || !plans->plan[i]->guest)
			continue;
		progress_say(verbose, "accelerator: %s", plans->plan[i]->accel_why);
		break;
	}
	for (int i = 0; i < matrix->nr_arms; i++) {
		for (int n = 0; plans->plan[i] && n < plans->plan[i]->nr_notes; n++)
			progress_say(verbose, "%s: %s", matrix->arm[i].name,
			             plans->plan[i]->note[n]);
	}
	progress_say(verbose, "%d arms, %d repeats in %d boots, seed %" PRIu64 ", baseline %s",
	             matrix->nr_arms, matrix->repeats, matrix->boots, matrix->seed, baseline);
}

/* Is this the word of --output or --resume?  How many words it takes with its value. */
static int names_file(char *const *word)
{
	static const char *const names[] = { "--output", "--resume" };

	if (word[0][0] == '-' && word[0][1] == 'o')
		return word[0][2] || !word[1] ? 1 : 2;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(word[0], names[i], len) != 0)
			continue;
		if (word[0][len] == '=')
			return 1;
		if (!word[0][len])
			return word[1] ? 2 : 1;
	}
	return 0;
}

void sweep_say_resume(char *const *argv, const char *file)
{
	CLEANUP(strv_done) struct strv words = { 0 };

	for (int i = 0; argv[i];) {
		int skip = i ? names_file(argv + i) : 0;

		if (!skip)
			strv_add(&words, argv[i]);
		i += skip ? skip : 1;
	}
	strv_add(&words, "--resume");
	strv_add(&words, file);
	if (words.failed)
		return;
	fputs("to go on: ", stderr);
	strv_print_shell(&words, stderr);
}

void sweep_say_left_out(const struct course *course, int verbose)
{
	static const struct {
		enum step_state state;
		const char *why;
	} kinds[] = {
		{ STEP_SPARED, "their cells are known well enough (--until-ci)" },
		{ STEP_CUT, "they did not fit (--budget)" },
		{ STEP_ELSEWHERE, "they are other shards'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int nr = course_count(course, kinds[i].state);

		if (nr)
			progress_say(verbose, "%d of %d trials were left out: %s", nr, course->nr,
			             kinds[i].why);
	}
}
