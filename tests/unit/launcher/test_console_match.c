/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_console_match.c - patterns in a console's bytes, however they are cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "console_match.h"

static const struct {
	const char *pattern, *text, *line; /* NULL: no match */
} cases[] = {
	{ CONSOLE_LOGIN,
	  "Debian GNU/Linux 12 qlaunch ttyS0\r\n\r\nqlaunch login: ", "qlaunch login: " },
	{ CONSOLE_LOGIN, "localhost login:", "localhost login:" },
	{ CONSOLE_LOGIN, "lab login: root (automatic login)\r\n",
	  "lab login: root (automatic login)" },
	{ CONSOLE_LOGIN, "\033[1;32mhost\033[0m login: ", "host login: " },
	{ CONSOLE_LOGIN, "systemd-logind: Watching\r\nlog in\r\n", NULL },
	{ "ready [0-9]+$", "boot\nready 42\nmore", "ready 42" },
	{ "^ready", "not ready\nready", "ready" },
	{ "ready", "rea\ndy", NULL },
	{ "", "x", "x" },
	{ "x", "", NULL },
	{ "a(b|c)", "\a\bac", "ac" },
};

static void each_is_found_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t step = 1; step <= 64; step *= 4) {
			CLEANUP(console_match_free) struct console_match *match = NULL;
			struct err err = { 0 };
			const char *text = cases[i].text;

			assert_int_equal(console_match_new(cases[i].pattern, &match, &err), 0);
			for (size_t at = 0, len = strlen(text); at < len; at += step)
				console_match_feed(match, text + at,
				                   len - at < step ? len - at : step);
			if (!cases[i].line)
				assert_null(console_match_line(match));
			else if (step == 64)
				assert_string_equal(console_match_line(match), cases[i].line);
			else
				assert_non_null(console_match_line(match));
		}
	}
}

static void a_long_line_is_bounded(void **state)
{
	CLEANUP(console_match_free) struct console_match *match = NULL;
	static char flood[100000];
	struct err err = { 0 };

	(void)state;
	memset(flood, 'A', sizeof(flood));
	assert_int_equal(console_match_new("end", &match, &err), 0);
	console_match_feed(match, flood, sizeof(flood));
	console_match_feed(match, "end", 3);
	assert_null(console_match_line(match));
	console_match_feed(match, "\nend", 4);
	assert_string_equal(console_match_line(match), "end");
}

static void what_is_no_expression_is_refused(void **state)
{
	struct console_match *match = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(console_match_new("a(b", &match, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'a(b' is no regular expression"));
	assert_null(match);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_found_however_it_is_cut),
		cmocka_unit_test(a_long_line_is_bounded),
		cmocka_unit_test(what_is_no_expression_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
