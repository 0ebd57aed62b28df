/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of figures is whole, agrees with who writes them, and docs/figures.md is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "catalog.h"
#include "cleanup.h"
#include "events.h"
#include "figure.h"
#include "figure_table.h"
#include "golden.h"

static void rows_are_whole(void **state)
{
	const struct figure_row *row;

	(void)state;
	for (size_t i = 0; (row = figure_table_at(i)); i++) {
		struct figure_match match = figure_table_find(row->name);
		bool has_glob = strpbrk(row->name, "*[");

		assert_ptr_equal(match.row, row);
		assert_false(match.as_per_op);
		assert_true(*row->meaning && *row->source && *row->moved_by);
		assert_true(*row->unit || has_glob);
		assert_true(!strcmp(row->better, "higher") || !strcmp(row->better, "lower") ||
		            !strcmp(row->better, "none") || has_glob);
		if (!row->per_op)
			continue;
		/* a total has no direction, what one operation costs has */
		assert_string_equal(row->better, "none");
		match = figure_table_find(row->per_op);
		assert_ptr_equal(match.row, row);
		assert_true(match.as_per_op);
		assert_string_equal(figure_table_match_better(&match), "lower");
	}
}

static void check(const char *name, const char *unit, const char *better)
{
	const struct figure_match match = figure_table_find(name);

	if (!match.row)
		fail_msg("%s has no entry", name);
	if (strcmp(figure_table_unit(&match), unit))
		fail_msg("%s: unit %s, entry has %s", name, unit, figure_table_unit(&match));
	if (strcmp(figure_table_match_better(&match), better))
		fail_msg("%s: better %s, entry has %s", name, better,
		         figure_table_match_better(&match));
}

static void workloads_agree(void **state)
{
	const struct workload *workload;

	(void)state;
	for (int i = 0; (workload = workload_at(i)); i++) {
		for (const struct claim *claim = workload->claims; claim->name; claim++)
			check(claim->name, claim->unit, claim->better);
	}
}

static void counters_agree(void **state)
{
	static const char *const names[] = { "none", "lower", "higher" };
	struct event_set set;

	(void)state;
	events_builtin(&set);
	for (int i = 0; i < set.nr_figures; i++)
		check(set.figure[i].name, "1", names[set.figure[i].better]);
}

static void misspelt_names_are_found(void **state)
{
	(void)state;
	assert_string_equal(figure_table_nearest("context_switch_per_op"),
	                    "context_switches_per_op");
	assert_string_equal(figure_table_nearest("ipc_gest"), "ipc_guest");
	assert_null(figure_table_nearest("frobnication"));
	assert_null(figure_table_find("frobnication").row);
}

static void the_document_is_made_of_it(void **state)
{
	CLEANUP(str_free) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	figure_table_markdown(out);
	assert_int_equal(fclose(out), 0);
	golden_check("docs/figures.md", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(workloads_agree),
		cmocka_unit_test(counters_agree),
		cmocka_unit_test(misspelt_names_are_found),
		cmocka_unit_test(the_document_is_made_of_it),
	};

	return cmocka_run_group_tests_name("figure_table", tests, NULL, NULL);
}
