/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_help.c - --help fits a terminal and names every knob; the man page's knobs are the same words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "cmdline.h"
#include "golden.h"

#define MAN    "qlaunch.1"
#define BEGIN  ".\\\" knobs, from --help (make golden): begin\n"
#define END    ".\\\" knobs: end\n"
#define INDENT 28 /* of help.c: where the words begin */

static char *help_text(enum command_kind command, bool is_explicit)
{
	struct cmdline cmdline = { .command = command, .is_explicit = is_explicit };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	spec_init(&cmdline.spec, command);
	cmdline_help(&cmdline, out);
	fclose(out);
	return text;
}

static bool has_knob(const char *text, const struct knob *knob)
{
	size_t len = strlen(knob->name);

	for (const char *at = text; (at = strstr(at, knob->name)); at += len) {
		bool starts = at - text >= 4 && !strncmp(at - 2, "--", 2) &&
		              (!strncmp(at - 5, "\n  ", 3) || !strncmp(at - 4, ", ", 2));

		if (starts && (at[len] == ' ' || at[len] == '\n'))
			return true;
	}
	return false;
}

static void check_help(enum command_kind command, bool is_explicit)
{
	CLEANUP(str_free) char *text = help_text(command, is_explicit);
	const struct knob *knob;

	for (int i = 0; (knob = knob_at(i)); i++) {
		bool wanted = !is_explicit || (knob->commands >> command & 1);

		if (has_knob(text, knob) != wanted)
			fail_msg("%s --help and --%s", command_names[command], knob->name);
	}
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (len > 100 || (len && line[len - 1] == ' '))
			fail_msg("'%.*s' has %zu columns", (int)len, line, len);
		line += len + 1;
	}
}

static void test_help(void **state)
{
	(void)state;
	check_help(COMMAND_RUN, false);
	for (int command = COMMAND_RUN; command <= COMMAND_DOCTOR; command++)
		check_help((enum command_kind)command, true);
}

/* troff: a hyphen that is to be copied is \-, a leading dot or quote is no macro */
static void put_troff(const char *text, size_t len, FILE *out)
{
	if (len && (*text == '.' || *text == '\''))
		fputs("\\&", out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '-')
			fputs("\\-", out);
		else if (text[i] == '\\')
			fputs("\\e", out);
		else
			fputc(text[i], out);
	}
	fputc('\n', out);
}

/* One line of --help: a heading, an entry, or more words of one. */
static void put_line(const char *line, size_t len, FILE *out)
{
	size_t blank = strspn(line, " ");

	if (!len)
		return;
	if (blank == 0) {
		fputs(".SS ", out);
		put_troff(line, len - 1, out); /* without its colon */
		return;
	}
	if (blank < INDENT) {
		size_t left = len;

		if (len > INDENT && line[INDENT - 1] == ' ')
			left = INDENT;
		while (line[left - 1] == ' ')
			left--;
		fputs(".TP\n.B ", out);
		put_troff(line + blank, left - blank, out);
		blank = left < INDENT && len > INDENT ? INDENT : len;
	}
	if (blank < len)
		put_troff(line + blank, len - blank, out);
}

static char *man_knobs(void)
{
	CLEANUP(str_free) char *help = help_text(COMMAND_RUN, false);
	const char *at = strstr(help, "\nBoot:");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(at);
	for (at++; *at;) {
		size_t len = strcspn(at, "\n");

		put_line(at, len, out);
		at += len + (at[len] == '\n');
	}
	fclose(out);
	return text;
}

/* The page as it should be: its own words, and the knobs of --help between the marks. */
static void test_man(void **state)
{
	CLEANUP(str_free) char *knobs = man_knobs();
	CLEANUP(str_free) char *page = calloc(1, 256 * 1024);
	CLEANUP(str_free) char *wanted = NULL;
	CLEANUP(file_close) FILE *in = fopen(MAN, "re");
	const char *begin, *end;
	size_t n;

	(void)state;
	assert_non_null(in);
	n = fread(page, 1, 256 * 1024 - 1, in);
	assert_true(n > 0);
	begin = strstr(page, BEGIN);
	end = strstr(page, END);
	assert_true(begin && end && begin < end);
	assert_true(asprintf(&wanted, "%.*s" BEGIN "%s%s", (int)(begin - page), page, knobs, end) >
	            0);
	golden_check(MAN, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_man),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
