/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_design_power.c - what a design can find is said before it is measured.  Runs in the project's folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "course.h"
#include "design_power.h"
#include "golden.h"
#include "matrix.h"
#include "topology.h"

static const struct {
	const char *line, *baseline;
	const char *advice; /* "": the design brings verdicts and its control */
} cases[] = {
	{ "bench", "native", "" },
	{ "bench --where guest --repeat 1", "guest", "" }, /* one arm asks for no verdict */
	{ "bench --repeat 3", "native",
	  "a verdict on 1 arm takes 6 boots, and this design has 3: use --repeat 6" },
	{ "bench --repeat 6 --boots 2", "native",
	  "a verdict on 1 arm takes 6 boots, and this design has 2: use --boots 6" },
	{ "bench --repeat 3 --boots 3", "native", ": use --repeat 6 --boots 6" },
	{ "sweep --control off --policy other,fifo,rr,batch,idle,fifo:2 --boots 2", "policy=other",
	  "a verdict on 5 arms takes 8 boots, and this design has 2: use --boots 8" },
	/* natively the unit is a round, and --boots is nothing to ask for */
	{ "sweep --control off --where native --policy other,batch --repeat 5", "policy=other",
	  "a verdict on 1 arm takes 6 rounds, and this design has 5: use --repeat 6" },
	{ "sweep --control off --where native --policy other,batch --repeat 6 --boots 1",
	  "policy=other", "" },
	/* the control's level is .01, shared by the primary figures */
	{ "sweep --where native --policy other,batch --repeat 7 --workload cpu", "policy=other",
	  "the A/A control takes 8 rounds, and this design has 7: use --repeat 8" },
	{ "sweep --where native --policy other,batch --repeat 8 --workload cpu", "policy=other",
	  "" },
	{ "sweep --where native --policy other,batch --repeat 8", "policy=other",
	  "the A/A control takes 9 rounds, and this design has 8: use --repeat 9" },
	{ "sweep --policy other,batch --repeat 3", "policy=other",
	  "takes 6 boots, the A/A control takes 9, and this design has 3: use --repeat 9" },
	/* a trial of two arms takes 10 s: four rounds, six of which are needed */
	{ "sweep --control off --where native --workload cpu --policy other,batch --warmup 1s "
	  "--duration 4s --budget 40s",
	  "policy=other", "takes 6 rounds, and this design has 4: use --budget 1m or more" },
	{ "sweep --control off --where native --workload cpu --policy other,batch --warmup 1s "
	  "--duration 4s --budget 60s",
	  "policy=other", "" },
	{ "sweep --control off --where guest --workload cpu --policy other,batch --warmup 1s "
	  "--duration 4s --budget 40s --repeat 10",
	  "policy=other", "use --budget 1m or more, and the time of the boots" },
	/* one of the file's arms has another workload: two arms would take six as well */
	{ "sweep --control off --arms tests/data/arms-loads.json --repeat 5", "one",
	  "a verdict on 1 arm takes 6" },
	{ "sweep --control off --arms tests/data/arms-loads.json --repeat 5", "other", "" },
};

/* The matrix borrows from the line. */
static void make(char *line, struct cmdline *cmdline, struct matrix *ret)
{
	struct topology host;
	struct err err = { 0 };

	if (topology_read("tests/data/sys-2cpu", &host, &err) < 0 ||
	    words_parse(line, cmdline, &err) < 0 ||
	    matrix_make(&cmdline->spec, &cmdline->axes, &host, ret, &err) < 0)
		fail_msg("%s", err.text);
}

static void check(const char *text, const char *baseline, const char *words, const char *refused)
{
	CLEANUP(str_free) char *line = strdup(text);
	CLEANUP(cmdline_done) struct cmdline cmdline = { 0 };
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	struct design_power power;
	char advice[384];

	make(line, &cmdline, &matrix);
	for (int i = 0; refused && i < matrix.nr_arms; i++) {
		if (strstr(matrix.arm[i].name, refused))
			matrix.arm[i].refused[0] = '!';
	}
	design_power_make(&matrix, &cmdline.spec, baseline, &power);
	design_power_advise(&power, &matrix, &cmdline.spec, advice, sizeof(advice));
	if (*words ? !strstr(advice, words) : *advice)
		fail_msg("%s: '%s' instead of '%s'", text, advice, words);
}

static void a_design_without_a_verdict_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(cases[i].line, cases[i].baseline, cases[i].advice, NULL);
}

/* What cannot run needs no verdict. */
static void refused_arms_do_not_count(void **state)
{
	static const char line[] = "sweep --control off --memory 256M,4000G --policy other,batch "
	                           "--repeat 6";

	(void)state;
	check(line, "memory=256M policy=other", "on 3 arms takes 7 boots", NULL);
	check(line, "memory=256M policy=other", "", "4000G");
	check(line, "memory=4000G policy=other", "", "4000G");
}

/* Blanks an option and its value: the advice gives it anew. */
static void drop_option(char *line, const char *name)
{
	char *at = strstr(line, name), *end = at ? strpbrk(at + strlen(name) + 1, " ") : NULL;

	if (at)
		memset(at, ' ', end ? (size_t)(end - at) : strlen(at));
}

/* The options that are named are enough: the same line with them asks for nothing more. */
static void the_advice_is_enough(void **state)
{
	static const char *const names[] = { "--repeat", "--boots", "--budget" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *line = strdup(cases[i].line);
		CLEANUP(cmdline_done) struct cmdline cmdline = { 0 };
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		struct design_power power;
		char advice[384], again[1024];
		char *options;

		make(line, &cmdline, &matrix);
		design_power_make(&matrix, &cmdline.spec, cases[i].baseline, &power);
		design_power_advise(&power, &matrix, &cmdline.spec, advice, sizeof(advice));
		options = strstr(advice, ": use ");
		if (!options)
			continue;
		options += strlen(": use ");
		if (strstr(options, " or more"))
			*strstr(options, " or more") = '\0';
		snprintf(again, sizeof(again), "%s", cases[i].line);
		for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
			if (strstr(options, names[n]))
				drop_option(again, names[n]);
		}
		snprintf(again + strlen(again), sizeof(again) - strlen(again), " %s", options);
		check(again, cases[i].baseline, "", NULL);
	}
}

static void print(const char *text, const char *baseline, bool drops_first, char *buf, size_t size)
{
	CLEANUP(str_free) char *line = strdup(text);
	CLEANUP(cmdline_done) struct cmdline cmdline = { 0 };
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	CLEANUP(course_done) struct course course = { 0 };
	struct design_power power;
	FILE *out = fmemopen(buf, size, "w");
	struct err err;

	make(line, &cmdline, &matrix);
	assert_non_null(out);
	assert_int_equal(course_make(&matrix, &course, &err), 0);
	design_power_make(&matrix, &cmdline.spec, baseline, &power);
	design_power_print(&power, &course, &cmdline.spec, false, drops_first, out);
	fclose(out);
}

/* Worked out by hand: t quantiles of 7 degrees, 2.365 + .896, times 1 % / sqrt(8), is 1.15 %. */
static void time_and_effect_are_printed(void **state)
{
	char text[1024];

	(void)state;
	print("sweep --control off --where native,guest --repeat 8 --workload cpu --warmup 1s --duration 4s",
	      "native", true, text, sizeof(text));
	/* 16 trials, a discarded one natively and 8 of the boots: 25 of 5 s; 8 boots of 10 s */
	assert_non_null(strstr(text, "time: about 3 min 25 s: "));
	assert_non_null(strstr(text, "16 trials and 9 discarded ones are 2 min 05 s; 8 boots at an "
	                             "assumed 10 s each under TCG"));
	assert_non_null(strstr(text, "minimum detectable with 8 boots"));
	assert_non_null(strstr(text, "1.2 % where"));
	assert_non_null(strstr(text, "5.8 % with 5 %"));
	print("sweep --control off --where native --policy other,batch --repeat 2 --workload cpu "
	      "--warmup 1s --duration 4s --budget 10s",
	      "policy=other", false, text, sizeof(text));
	assert_non_null(strstr(
	        text, "time: about 20.0 s: --warmup and --duration of 4 trials are 20.0 s\n"));
	assert_non_null(strstr(text, "budget: 10s, in which about 1 of 2 repeats fit\n"));
	assert_non_null(strstr(text, "effect: no verdict is possible\n"));
	print("bench --where native --repeat 2", "native", false, text, sizeof(text));
	assert_null(strstr(text, "effect"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_design_without_a_verdict_is_told),
		cmocka_unit_test(refused_arms_do_not_count),
		cmocka_unit_test(the_advice_is_enough),
		cmocka_unit_test(time_and_effect_are_printed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
