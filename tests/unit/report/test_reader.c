/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_reader.c - what a reader has seen of lines before changes no line's meaning; a changed line is refused or means what it says. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "json.h"
#include "results.h"

static const char line[] =
        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\",\"workload\":\"cpu\",\"block\":1,\"repeat\":2,"
        "\"primary\":\"f\",\"spec\":{\"where\":\"guest\",\"cache\":\"none\",\"direct\":\"on\",\"n\":-1.5},"
        "\"host\":{\"cpu_model\":\"x\"},\"figures\":{\"f\":{\"value\":12.50,\"unit\":\"ns\","
        "\"better\":\"lower\",\"by\":{\"vcpu/0\":1e-3,\"x\":null}},\"g\":{\"value\":null,"
        "\"unit\":\"1\",\"better\":\"none\",\"why\":\"none \\u00e9\"}},\"threads\":[{\"tid\":71,"
        "\"name\":\"\",\"is\":true}],\"histograms\":{\"h\":[[1,2],[30,4]]}}";

static void same_value(const struct results *a, size_t i, const struct results *b, size_t j)
{
	const struct result_value *x = &a->value[i], *y = &b->value[j];

	assert_string_equal(names_at(&a->figures, x->figure), names_at(&b->figures, y->figure));
	/* only one who has seen the line before can tell that the unit is another one */
	if (isnan(x->value) &&
	    !strcmp(names_at(&a->reasons, x->why), "recorded in another unit than before"))
		return;
	assert_int_equal(isnan(x->value), isnan(y->value));
	if (isnan(x->value))
		assert_string_equal(names_at(&a->reasons, x->why), names_at(&b->reasons, y->why));
	else
		assert_true(x->value == y->value && x->share == y->share);
}

/* The same text to one who knows the line, and to one who has seen none. */
static void read_both(const char *text, size_t len)
{
	CLEANUP(results_free) struct results *knows = results_new();
	CLEANUP(results_free) struct results *plain = results_new();
	size_t first;

	assert_true(knows && plain);
	for (int i = 0; i < 2; i++)
		assert_int_equal(results_read_line(knows, line, sizeof(line) - 1, true), 0);
	assert_int_equal(knows->nr_trials, 2);
	first = knows->nr_values;
	assert_int_equal(results_read_line(knows, text, len, true), 0);
	assert_int_equal(results_read_line(plain, text, len, true), 0);
	assert_int_equal(results_nr_skipped(knows), results_nr_skipped(plain));
	assert_int_equal(knows->nr_trials, 2 + plain->nr_trials);
	assert_int_equal(knows->nr_values, first + plain->nr_values);
	if (!plain->nr_trials)
		return;
	for (size_t i = 0; i < plain->nr_values; i++)
		same_value(knows, first + i, plain, i);
	assert_int_equal(knows->trial[2].reads, plain->trial[0].reads);
}

static void a_changed_byte_means_the_same(void **state)
{
	static const char others[] = "0x9\",}]{[-.:\\";

	(void)state;
	for (size_t at = 0; at < sizeof(line) - 1; at++) {
		for (size_t i = 0; i < sizeof(others) - 1; i++) {
			char text[sizeof(line)];

			memcpy(text, line, sizeof(text));
			text[at] = others[i];
			read_both(text, sizeof(line) - 1);
		}
	}
}

static void a_longer_or_shorter_piece_means_the_same(void **state)
{
	static const char *const pieces[] = { "",   "1",      "00",         "true", "e5", "\"\"",
		                              ",1", ",[3,4]", ",\"k\":[1]", " ",    "\\n" };

	(void)state;
	for (size_t at = 0; at < sizeof(line) - 1; at += 2) {
		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
			char text[sizeof(line) + 32];
			int len = snprintf(text, sizeof(text), "%.*s%s%s", (int)at, line, pieces[i],
			                   line + at + (i == 0));

			read_both(text, (size_t)len);
		}
	}
}

/* A whole number of JSON's grammar at *at, which is passed; with signs and points it is no count of a histogram. */
static bool pass_count(const char **at)
{
	const char *from = *at;

	while (isdigit((unsigned char)**at))
		++*at;
	return *at > from && (*from != '0' || *at == from + 1);
}

/* [[count,count],...], with blanks where JSON has them: the test's own reading of it. */
static bool is_pairs(const char *text)
{
	static const char grammar[] = "[n,n]";
	const char *at = text + 1;

	if (text[0] != '[')
		return false;
	for (;;) {
		for (size_t i = 0; i < sizeof(grammar) - 1; i++) {
			bool minus = grammar[i] == 'n' && at[strspn(at, " ")] == '-';

			at += strspn(at, " ");
			at += minus;
			if (grammar[i] == 'n' ? !pass_count(&at) : *at++ != grammar[i])
				return false;
		}
		at += strspn(at, " ");
		if (*at == ']')
			return !at[1 + strspn(at + 1, " ")];
		if (*at++ != ',')
			return false;
	}
}

/* Long arrays of pairs, then with one byte changed.  What stands in place of a pair may be another value. */
static void broken_pairs_are_refused(void **state)
{
	static const char others[] = "0,[]x- ";
	char good[400] = "[[0,1],[20,3]", text[400];
	size_t len = strlen(good);

	(void)state;
	for (int i = 1; i < 24; i++)
		len += (size_t)snprintf(good + len, sizeof(good) - len, ",[%d,%d]",
		                        i * i * 37 % 5000, i * 13 % 101);
	len += (size_t)snprintf(good + len, sizeof(good) - len, "]");
	for (size_t at = 0; at < len; at++) {
		for (size_t i = 0; i < sizeof(others) - 1; i++) {
			CLEANUP(json_done) struct json_object *o = NULL;
			bool is_good;

			memcpy(text, good, len + 1);
			text[at] = others[i];
			is_good = !json_parse(text, len, &o, NULL);
			if (is_pairs(text) && !is_good)
				fail_msg("refused: %s", text);
			/* a comma for a digit or a bracket may make other arrays, which are JSON */
			if (!is_pairs(text) && is_good && !strchr(",[]0", others[i]))
				fail_msg("taken: %s", text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_byte_means_the_same),
		cmocka_unit_test(a_longer_or_shorter_piece_means_the_same),
		cmocka_unit_test(broken_pairs_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
