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
	{ "bench", "native", "a verdict takes 6 trials of an arm, not 3: say --repeat 6" },
	{ "bench --repeat 6", "native", NULL },
	{ "bench --repeat 6 --boots 5", "native",
	  "guest differs from native in what needs a boot, and a verdict takes 6 boots, not 5: "
	  "say --boots 6" },
	{ "bench --repeat 6 --boots 6", "native", NULL },
	{ "bench --where guest --repeat 6", "guest", "there is one arm only" },
	/* the control is an arm that nobody asks about */
	{ "sweep --control on", "guest", "there is one arm only" },
	/* two boots, and ten rounds in them */
	{ "sweep --policy other,fifo", "policy=other", NULL },
	{ "sweep --policy other,fifo --repeat 5", "policy=other", "say --repeat 6" },
	{ "sweep --aio threads,io_uring", "aio=threads", NULL },
	{ "sweep --aio threads,io_uring --boots 2", "aio=threads", "say --boots 6" },
	{ "sweep --aio threads,io_uring --boots 2 --policy fifo", "aio=io_uring",
	  "aio=threads differs from aio=io_uring" },
	/* its limit is 30 trials, and it looks at eight first */
	{ "sweep --policy other,fifo --until-ci 5%", "policy=other", NULL },
};

static void designs_are_judged_beforehand(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *line = strdup(cases[i].line);
		CLEANUP(cmdline_done) struct cmdline cmdline = { 0 };
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		struct topology host;
		struct err err = { 0 };

		if (topology_read("tests/data/sys-2cpu", &host, &err) < 0 ||
		    words_parse(line, &cmdline, &err) < 0 ||
		    matrix_make(&cmdline.spec, &cmdline.axes, &host, &matrix, &err) < 0)
			fail_msg("'%s': %s", cases[i].line, err.text);
		assert_int_equal(fail_if_check(&matrix, cases[i].baseline, &err),
		                 cases[i].words ? -EINVAL : 0);
		if (cases[i].words && !strstr(err.text, cases[i].words))
			fail_msg("'%s': %s", cases[i].line, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(designs_are_judged_beforehand),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
