/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fail_if.c - a design that can give no verdict is refused before it is measured.  Runs in the project's folder. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "fail_if.h"
#include "golden.h"
#include "matrix.h"
#include "topology.h"

static const struct {
	const char *line, *baseline;
	const char *words; /* NULL: may be judged */
} cases[] = {
	/* bench's default */
	{ "bench", "native", NULL },
	{ "bench --repeat 3", "native",
	  "a verdict takes 6 trials of an arm, not 3: use --repeat 6" },
	{ "bench --repeat 6", "native", NULL },
	{ "bench --repeat 6 --boots 5", "native",
	  "a verdict on guest against native takes 6 boots, not 5: use --boots 6" },
	{ "bench --repeat 6 --boots 6", "native", NULL },
	{ "bench --where guest --repeat 6", "guest", "there is one arm only" },
	/* the control is an arm that nobody asks about */
	{ "sweep --control on", "guest", "there is one arm only" },
	/* ten boots of a round each */
	{ "sweep --policy other,fifo", "policy=other", NULL },
	{ "sweep --policy other,fifo --boots 2", "policy=other", "use --boots 6" },
	{ "sweep --policy other,fifo --repeat 5", "policy=other", "use --repeat 6" },
	{ "sweep --policy other,fifo,rr --repeat 6", "policy=other",
	  "takes 7 trials of an arm, not 6" },
	{ "sweep --policy other,fifo --where native --boots 1", "policy=other", NULL },
	{ "sweep --aio threads,io_uring", "aio=threads", NULL },
	{ "sweep --aio threads,io_uring --boots 2", "aio=threads", "use --boots 6" },
	{ "sweep --aio threads,io_uring --boots 2 --policy fifo", "aio=io_uring",
	  "a verdict on aio=threads against aio=io_uring" },
	/* one arm without a verdict is enough to pass nothing */
	{ "sweep --where native,guest --policy other,batch --repeat 8 --boots 2",
	  "guest policy=other", "a verdict on native policy=other against guest policy=other" },
	/* arms of other workloads are compared with nothing */
	{ "sweep --arms tests/data/arms-loads.json --repeat 6", "one", NULL },
	{ "sweep --arms tests/data/arms-loads.json --repeat 6 --boots 2", "other",
	  "there is one arm only" },
	/* its limit is 30 trials, and it looks at eight boots first */
	{ "sweep --policy other,fifo --until-ci 5%", "policy=other", NULL },
	{ "sweep --aio threads,io_uring --until-ci 5%", "aio=threads", NULL },
	{ "sweep --where native,guest --repeat 24 --boots 6 --until-ci 50%", "native", NULL },
	{ "sweep --where native,guest --repeat 24 --boots 6", "native", NULL },
	{ "sweep --where native,guest --repeat 8 --boots 6 --until-ci 50%", "native", NULL },
	/* each task ends by itself, and has all of its boots if they are fewer than a look takes */
	{ "sweep --where native,guest --repeat 24 --until-ci 50% --slurm 3", "native", NULL },
};

/* refused: arms whose name holds this cannot run; NULL: all can. */
static void check(const char *text, const char *baseline, const char *words, const char *refused)
{
	CLEANUP(str_free) char *line = strdup(text);
	CLEANUP(cmdline_done) struct cmdline cmdline = { 0 };
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	struct topology host;
	struct err err = { 0 };

	print_message("# '%s'\n", text);
	if (topology_read("tests/data/sys-2cpu", &host, &err) < 0 ||
	    words_parse(line, &cmdline, &err) < 0 ||
	    matrix_make(&cmdline.spec, &cmdline.axes, &host, &matrix, &err) < 0)
		fail_msg("%s", err.text);
	cmdline.spec.fail_if[cmdline.spec.nr_fail_ifs++] = "f worse 5%";
	for (int i = 0; refused && i < matrix.nr_arms; i++) {
		if (strstr(matrix.arm[i].name, refused))
			matrix.arm[i].refused[0] = '!';
	}
	assert_int_equal(fail_if_check(&matrix, &cmdline.spec, baseline, &err),
	                 words ? -EINVAL : 0);
	if (words && !strstr(err.text, words))
		fail_msg("%s", err.text);
}

static void designs_are_judged_beforehand(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(cases[i].line, cases[i].baseline, cases[i].words, NULL);
}

/* What cannot run anyway needs no verdict. */
static void refused_arms_do_not_count(void **state)
{
	static const char two[] = "sweep --memory 256M,4000G --policy other,batch --repeat 8 "
	                          "--boots 6";
	static const char one[] = "sweep --memory 256M,4000G --repeat 6";

	(void)state;
	check(two, "memory=256M policy=other", "use --boots 7", NULL);
	check(two, "memory=256M policy=other", NULL, "4000G");
	check(one, "memory=256M", NULL, NULL);
	check(one, "memory=256M", "there is one arm only that is not refused", "4000G");
	check(one, "memory=4000G", "the baseline, memory=4000G, is refused", "4000G");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(designs_are_judged_beforehand),
		cmocka_unit_test(refused_arms_do_not_count),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
