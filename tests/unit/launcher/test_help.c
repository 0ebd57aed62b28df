/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_help.c - --help fits a terminal and names every knob; the man pages' options and examples are the same words. */
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
#include "text.h"

#define INDENT 28 /* of help.c: where the words begin */
#define SCREEN 24 /* lines of the smallest terminal */

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

static void check_width(const char *text)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (len > 80 || (len && line[len - 1] == ' '))
			fail_msg("'%.*s' has %zu columns", (int)len, line, len);
		line += len + 1;
	}
}

static void check_help(enum command_kind command)
{
	CLEANUP(str_free) char *text = help_text(command, true);
	const struct knob *knob;

	for (int i = 0; (knob = knob_at(i)); i++) {
		if (has_knob(text, knob) != (knob->commands >> command & 1))
			fail_msg("%s --help and --%s", command_names[command], knob->name);
	}
	check_width(text);
}

static void test_help(void **state)
{
	(void)state;
	for (int command = COMMAND_RUN; command_names[command]; command++)
		check_help((enum command_kind)command);
}

/* The text on one line, whatever was wrapped. */
static void unwrap(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text != '\n' && (*text != ' ' || to[-1] != ' '))
			*to++ = *text;
		else if (to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
}

static void test_default(void **state)
{
	static const struct {
		enum command_kind command;
		const char *wanted;
	} cases[] = {
		{ COMMAND_RUN, "in each trial. [default: until the guest ends]" },
		{ COMMAND_BENCH, "in each trial. [default: 5s]" },
		{ COMMAND_BENCH, "[default: native,guest]" },
		{ COMMAND_SWEEP, "guest. [default: guest]" },
		{ COMMAND_BENCH, "workload. [default: 8]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *text = help_text(cases[i].command, true);

		unwrap(text);
		if (!strstr(text, cases[i].wanted))
			fail_msg("%s: no '%s'", command_names[cases[i].command], cases[i].wanted);
	}
}

/* --help alone is a screen: every command, and options with a whole sentence each. */
static void test_overview(void **state)
{
	CLEANUP(str_free) char *text = help_text(COMMAND_RUN, false);
	int lines = 0, options = 0;

	(void)state;
	check_width(text);
	for (int i = 0; command_names[i]; i++)
		assert_non_null(strstr(text, command_names[i]));
	for (const char *at = text; *at; at = strchr(at, '\n') + 1, lines++) {
		size_t len = strcspn(at, "\n");

		options += !strncmp(at, "  -", 3);
		if (*at == ' ' && at[len - 1] != '.')
			fail_msg("'%.*s' is not a sentence", (int)len, at);
	}
	assert_true(lines <= SCREEN);
	assert_int_equal(options, 10);
}

/* troff: a hyphen that is to be copied is \-, a leading dot or quote is no macro */
static void put_words(const char *text, size_t len, FILE *out)
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
}

static void put_troff(const char *text, size_t len, FILE *out)
{
	put_words(text, len, out);
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

/* The line of --help that begins with this word, or its end. */
static const char *line_of(const char *help, const char *word)
{
	const char *at = strstr(help, word);

	return at ? at + 1 : help + strlen(help);
}

static void put_options(const char *help, FILE *out)
{
	const char *end = line_of(help, "\nExamples:\n");
	const char *at = help;

	while (*at == ' ' || at[strcspn(at, "\n") - 1] != ':') /* the first heading */
		at += strcspn(at, "\n") + 1 + (at[strcspn(at, "\n") + 1] == '\n');
	for (; at < end; at += strcspn(at, "\n") + 1)
		put_line(at, strcspn(at, "\n"), out);
}

/* "  qlaunch ..." with its sentence below */
static void put_examples(const char *help, FILE *out)
{
	const char *at = line_of(help, "\nExamples:\n");

	for (at += strcspn(at, "\n") + 1; *at;) {
		size_t len = strcspn(at, "\n");
		const char *does = at + len + 1 + strspn(at + len + 1, " ");
		size_t words = strcspn(does, "\n");

		put_words(does, words - 1, out); /* without its full stop */
		fputs(":\n.PP\n.RS\n.EX\n", out);
		put_troff(at + 2, len - 2, out);
		fputs(".EE\n.RE\n.PP\n", out);
		at = does + words + 1;
	}
}

/* The page with a part of it renewed from --help. */
static char *renew(const char *page, const char *part, const char *help,
                   void (*put)(const char *help, FILE *out))
{
	CLEANUP(str_free) char *text = NULL;
	char begin[80], end[80];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	put(help, out);
	fclose(out);
	snprintf(begin, sizeof(begin), ".\\\" %s, from --help (make golden): begin\n", part);
	snprintf(end, sizeof(end), ".\\\" %s: end\n", part);
	return golden_between(page, begin, end, text);
}

/* Each page as it should be: its own words, and the options and examples of --help between the marks. */
static void check_man(enum command_kind command)
{
	CLEANUP(str_free) char *help = help_text(command, true);
	CLEANUP(str_free) char *page = NULL, *half = NULL, *wanted = NULL;
	char path[80];

	snprintf(path, sizeof(path), "docs/man/qlaunch-%s.1", command_names[command]);
	page = golden_page(path);
	half = renew(page, "options", help, put_options);
	wanted = renew(half, "examples", help, put_examples);
	golden_check(path, wanted);
}

static void test_man(void **state)
{
	(void)state;
	for (int command = COMMAND_RUN; command_names[command]; command++)
		check_man((enum command_kind)command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_overview),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_man),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
