/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stats.c - order statistics against values worked out by hand, and numbers as people read them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "scale.h"
#include "stats.h"

static const struct {
	double values[8];
	size_t nr;
	double median, q1, q3, spread;
} sets[] = {
	/* type 7: place (n - 1) * q, so of 1 2 3 4 the first quartile is at 0.75: 1.75 */
	{ { 4, 1, 3, 2 }, 4, 2.5, 1.75, 3.25, 0.6 },
	{ { 5, 1, 4, 2, 3 }, 5, 3, 2, 4, 2.0 / 3 },
	{ { 10, 20 }, 2, 15, 12.5, 17.5, 1.0 / 3 },
	{ { 2, 2, 2 }, 3, 2, 2, 2, 0 },
	{ { 0, 0, 0 }, 3, 0, 0, 0, 0 },
	{ { -4, -1, -3, -2 }, 4, -2.5, -3.25, -1.75, 0.6 },
	{ { 7, 15, 36, 39, 40, 41 }, 6, 37.5, 20.25, 39.75, 0.52 },
	{ { 1e308, -1e308 }, 2, 0, -5e307, 5e307, NAN }, /* no overflow on the way */
	{ { 9 }, 1, 9, 9, 9, NAN },
	{ { 0 }, 0, NAN, NAN, NAN, NAN },
	{ { -1, 1 }, 2, 0, -0.5, 0.5, NAN }, /* a share of 0 is none */
};

static void same(double got, double want)
{
	if (isnan(want))
		assert_true(isnan(got));
	else
		assert_true(fabs(got - want) <= 1e-12 * fmax(1, fabs(want)));
}

static void quartiles_of_known_sets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		double values[8];

		memcpy(values, sets[i].values, sizeof(values));
		stats_sort(values, sets[i].nr);
		print_message("# set %zu\n", i);
		same(stats_median(values, sets[i].nr), sets[i].median);
		same(stats_quantile(values, sets[i].nr, 0.25), sets[i].q1);
		same(stats_quantile(values, sets[i].nr, 0.75), sets[i].q3);
		same(stats_spread(values, sets[i].nr), sets[i].spread);
	}
}

static void ends_are_the_extremes(void **state)
{
	const double values[] = { 1, 5, 9 };

	(void)state;
	same(stats_quantile(values, 3, 0), 1);
	same(stats_quantile(values, 3, 1), 9);
}

static const struct {
	const char *unit;
	double values[3];
	int shared;
	const char *shown[3], *with;
} columns[] = {
	{ "1/s", { 58800, 9200, NAN }, 1, { "58.80", "9.20" }, "k/s" },
	{ "ops/s", { 12345, 99999, 50000 }, 1, { "12.3", "100.0", "50.0" }, "k ops/s" },
	{ "B/s", { 2.5e6, 1e6, 3e6 }, 1, { "2.50", "1.00", "3.00" }, "MB/s" },
	{ "1", { 12, 4100, 0 }, 1, { "12", "4100", "0" }, "" },
	{ "1", { 12.5, 13, 14 }, 1, { "12.5", "13.0", "14.0" }, "" },
	{ "ns", { 463e3, 3400e3, NAN }, 1, { "463", "3400" }, "us" },
	{ "ns", { 999, 1, NAN }, 1, { "999", "1" }, "ns" },
	{ "s", { 0.0021, 0.31, NAN }, 1, { "2.10", "310.00" }, "ms" },
	{ "s", { 0, 0, 0 }, 1, { "0", "0", "0" }, "s" },
	{ "s", { 1e-7, 5, NAN }, 0, { NULL, NULL }, NULL }, /* too far apart for one scale */
	{ "%", { 1.25, 50, NAN }, 1, { "1.25", "50.00" }, "%" },
	/* two digits that say something, however small */
	{ "%", { 0.055, 0.43, 1.5 }, 1, { "0.055", "0.430", "1.500" }, "%" },
	{ "%", { 0.00043, NAN, NAN }, 1, { "0.00043" }, "%" },
	{ "1", { 0.85, 0.1, NAN }, 1, { "0.85", "0.10" }, "" },
	{ "", { -1500, 2000, NAN }, 1, { "-1.50", "2.00" }, "k" },
	/* a unit is of the file: no escape code of it reaches the terminal */
	{ "x\033[31m\xc3\xa9", { 1, 2, NAN }, 1, { "1", "2" }, "x\\x1b[31m\\xc3\\xa9" },
	{ "1/\n0123456789012345678", { 1, 2, NAN }, 1, { "1", "2" }, "/\\n01234567890123..." },
	{ "B/s", { 1e300, 1e300, NAN }, 0, { NULL, NULL }, NULL },
};

static void a_column_has_one_scale(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		struct scale scale;
		char text[64];

		assert_int_equal(scale_choose(columns[i].unit, columns[i].values, 3, &scale),
		                 columns[i].shared);
		for (int j = 0; columns[i].shared && j < 3 && columns[i].shown[j]; j++) {
			scale_format(&scale, columns[i].values[j], text, sizeof(text));
			assert_string_equal(text, columns[i].shown[j]);
			assert_string_equal(scale.unit, columns[i].with);
		}
	}
}

static const struct {
	double ratio;
	const char *shown;
} changes[] = {
	{ 1, "0.0 %" },      { 1.0004, "0.0 %" },   { 0.9996, "0.0 %" }, { 1.132, "+13.2 %" },
	{ 0.25, "-75.0 %" }, { 1.999, "+99.9 %" },  { 2, "x2.0" },       { 7.42, "x7.4" },
	{ 148.2, "x148" },   { 1049.6, "x1050" },   { 13999, "x14000" }, { 2e7, "x2e+07" },
	{ 12345, "x12300" }, { 0.0012, "x0.0012" }, { 0.01, "-99.0 %" }, { 0, "-100.0 %" },
	{ -1.5, "x-1.5" },
};

static void a_ratio_reads_as_a_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		char text[32];

		scale_format_change(changes[i].ratio, text, sizeof(text));
		assert_string_equal(text, changes[i].shown);
	}
}

static const struct {
	double ratio[2];
	const char *shown;
} intervals[] = {
	{ { 0.877, 1.04 }, "[-12.3, +4.0] %" },       { { 2.1, 3.4 }, "[x2.1, x3.4]" },
	{ { 0.8, 0.9997 }, "[-20.00, -0.03] %" },     { { 1.5, 2.25 }, "[+50.0 %, x2.2]" },
	{ { 0.004, 0.5 }, "[x0.004, -50.0 %]" },      { { 1, 1 }, "[+0.00, +0.00] %" },
	{ { 0.9, INFINITY }, "[-10.0 %, no limit]" },
};

static void an_interval_reads_as_two_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(intervals); i++) {
		char text[64];

		scale_format_interval(intervals[i].ratio, text, sizeof(text));
		assert_string_equal(text, intervals[i].shown);
	}
}

static void exact_text_reads_back(void **state)
{
	static const double values[] = { 0.1, 1, -2.5, 1.0 / 3, 1e308, 5e-324, 50119.830879272355 };
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		scale_format_exact(values[i], text, sizeof(text));
		assert_true(strtod(text, NULL) == values[i]);
	}
	scale_format_exact(0.1, text, sizeof(text));
	assert_string_equal(text, "0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quartiles_of_known_sets),
		cmocka_unit_test(ends_are_the_extremes),
		cmocka_unit_test(a_column_has_one_scale),
		cmocka_unit_test(a_ratio_reads_as_a_change),
		cmocka_unit_test(an_interval_reads_as_two_changes),
		cmocka_unit_test(exact_text_reads_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
