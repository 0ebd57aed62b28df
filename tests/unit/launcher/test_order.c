/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_order.c - the order of a matrix's trials: complete, in blocks, fair, and the same for the same seed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "golden.h"
#include "matrix.h"
#include "topology.h"

static struct topology host;
static struct cmdline cmdline;

/* The line, and the command line until the next call, must live as long as the matrix: it borrows from them. */
static int make(char *line, struct matrix *ret, struct err *err)
{
	cmdline_done(&cmdline);
	if (topology_read("tests/data/sys-2cpu", &host, err) < 0 ||
	    words_parse(line, &cmdline, err) < 0)
		fail_msg("'%s': %s", line, err->text);
	return matrix_make(&cmdline.spec, &cmdline.axes, &host, ret, err);
}

static int order(const struct matrix *matrix, struct step **ret)
{
	struct err err = { 0 };
	int nr = matrix_order(matrix, ret, &err);

	if (nr < 0)
		fail_msg("%s", err.text);
	return nr;
}

static bool is_same(const struct step *a, const struct step *b)
{
	return a->block == b->block && a->repeat == b->repeat && a->arm == b->arm &&
	       a->workload == b->workload;
}

static void step_free(struct step **step)
{
	free(*step);
	*step = NULL;
}

/* Every arm, workload and repeat once; blocks in turn; a boot is started once a block; a cell's workloads together. */
static void check_order(const struct matrix *matrix, const struct step *step, int nr)
{
	for (int i = 0; i < nr; i++) {
		const struct step *now = &step[i], *last = i ? now - 1 : now;
		int twins = 0;

		for (int j = 0; j < nr; j++) {
			twins += step[j].arm == now->arm && step[j].repeat == now->repeat &&
			         step[j].workload == now->workload;
			/* a boot that is left within a block never comes again in it */
			if (j > i + 1 && step[j].block == now->block && step[j].boot == now->boot)
				assert_int_equal(step[i + 1].boot, now->boot);
		}
		assert_int_equal(twins, 1);
		assert_true(now->repeat >= 0 && now->repeat < matrix->repeats);
		assert_true(now->block >= last->block && now->block <= last->block + 1);
		assert_int_equal(now->boot, matrix->arm[now->arm].boot);
		if (now->workload)
			assert_true(last->arm == now->arm && last->repeat == now->repeat &&
			            last->workload == now->workload - 1);
	}
	assert_int_equal(step[nr - 1].block, matrix->boots - 1);
}

static void test_order(void **state)
{
	static const char *const lines[] = {
		"sweep --preset quick",
		"sweep --policy other,fifo,rr --repeat 7 --boots 3",
		"sweep --where native,guest --aio threads,io_uring --pin none,1 --repeat 3 --boots 2",
		"bench",
		"sweep --workload cpu --repeat 1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(str_free) char *line = strdup(lines[i]);
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		CLEANUP(step_free) struct step *one = NULL;
		CLEANUP(step_free) struct step *again = NULL;
		CLEANUP(step_free) struct step *other = NULL;
		struct err err = { 0 };
		int nr, same = 0;

		assert_int_equal(make(line, &matrix, &err), 0);
		matrix.seed = 42;
		nr = order(&matrix, &one);
		assert_int_equal(nr,
		                 matrix.nr_arms * matrix.repeats * matrix.arm[0].spec.nr_workloads);
		check_order(&matrix, one, nr);
		assert_int_equal(order(&matrix, &again), nr);
		matrix.seed = 43;
		assert_int_equal(order(&matrix, &other), nr);
		check_order(&matrix, other, nr);
		for (int j = 0; j < nr; j++) {
			assert_true(is_same(&one[j], &again[j]));
			same += is_same(&one[j], &other[j]);
		}
		if (matrix.nr_arms > 2)
			assert_true(same < nr);
	}
}

/* Whatever is tuned live costs no boot: 24 cells of 5 repeats start as many VMs as --boots says. */
static void test_live_cells_share_boots(void **state)
{
	static const struct {
		const char *boots;
		int nr;
	} cases[] = { { "", 5 }, { " --boots 1", 1 }, { " --boots 5", 5 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		CLEANUP(step_free) struct step *step = NULL;
		struct err err = { 0 };
		char line[200];
		int boots = 0, nr;

		snprintf(line, sizeof(line),
		         "sweep --policy other,fifo,rr,batch --pin none,0,1 --bs 4k,8k --repeat 5 "
		         "--workload cpu --control off%s",
		         cases[i].boots);
		assert_int_equal(make(line, &matrix, &err), 0);
		assert_int_equal(matrix.nr_arms, 24);
		nr = order(&matrix, &step);
		assert_int_equal(nr, 24 * 5);
		for (int j = 0; j < nr; j++)
			boots += !j || step[j].block != step[j - 1].block ||
			         step[j].boot != step[j - 1].boot;
		assert_int_equal(boots, cases[i].nr);
	}
}

/* Over many seeds each arm of a boot comes first about equally often. */
static void test_order_is_fair(void **state)
{
	char line[] = "sweep --policy other,fifo,rr,idle --control off --repeat 1 --workload cpu";
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	struct err err = { 0 };
	int first[4] = { 0 };

	(void)state;
	assert_int_equal(make(line, &matrix, &err), 0);
	for (matrix.seed = 1; matrix.seed <= 4000; matrix.seed++) {
		CLEANUP(step_free) struct step *step = NULL;

		assert_int_equal(order(&matrix, &step), 4);
		first[step[0].arm]++;
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(first[i], 850, 1150); /* 1000 each; the standard deviation is 27 */
}

static int forget(void **state)
{
	(void)state;
	cmdline_done(&cmdline);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_live_cells_share_boots),
		cmocka_unit_test(test_order_is_fair),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, forget);
}
