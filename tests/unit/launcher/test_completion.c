/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_completion.c - the tables of the bash completion are those of the knobs. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "catalog.h"
#include "cleanup.h"
#include "golden.h"
#include "knob_kinds.h"
#include "knobs.h"
#include "policy.h"

#define SCRIPT "docs/completion/qlaunch.bash"
#define BEGIN  "# knobs, from the table (make golden): begin\n"
#define END    "# knobs: end\n"

static void put_options(enum command_kind command, FILE *out)
{
	const struct knob *knob;

	fprintf(out, "\t%s) options='", command_names[command]);
	for (int i = 0; (knob = knob_at(i)); i++) {
		if (knob->commands >> command & 1)
			fprintf(out, "--%s ", knob->name);
	}
	fputs("' ;;\n", out);
}

static void put_word(const char *word, size_t len, FILE *out)
{
	fprintf(out, "%.*s ", (int)len, word);
}

/* Of "none|cpu:N": the small letters of each part, none and cpu:. */
static void put_hint(const char *hint, FILE *out)
{
	for (size_t len; *hint; hint += len + (hint[len] == '|')) {
		size_t small = 0;

		len = strcspn(hint, "|");
		while (small < len &&
		       (islower((unsigned char)hint[small]) || strchr("_:", hint[small])))
			small++;
		if (small)
			put_word(hint, small, out);
	}
}

static void put_words(const struct knob *knob, FILE *out)
{
	const struct workload *workload;
	const char *name;

	if (knob->kind == &kind_policy) {
		for (int i = 0; (name = policy_name_at(i)); i++)
			put_word(name, strlen(name), out);
	} else if (knob->kind == &kind_workloads) {
		for (int i = 0; (workload = workload_at(i)); i++)
			put_word(workload->name, strlen(workload->name), out);
	} else if (knob->kind->names) {
		for (int i = 0; knob->kind->names[i]; i++)
			put_word(knob->kind->names[i], strlen(knob->kind->names[i]), out);
	} else {
		put_hint(knob->hint, out);
	}
}

static void put_value(const struct knob *knob, FILE *out)
{
	fprintf(out, "\t--%s", knob->name);
	if (knob->letter)
		fprintf(out, " | -%c", knob->letter);
	fputs(") value='", out);
	if (knob->kind->is_path)
		fputs(!strcmp(knob->hint, "FOLDER") ? "FOLDER" : "FILE", out);
	else if (knob->kind == &kind_user)
		fputs("USER", out);
	else
		put_words(knob, out);
	fputs("' ;;\n", out);
}

static char *tables(void)
{
	const struct knob *knob;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("_qlaunch_commands='", out);
	for (int i = 0; command_names[i]; i++)
		put_word(command_names[i], strlen(command_names[i]), out);
	fputs("'\n\n_qlaunch_options() { # COMMAND: its options, in $options\n\tcase $1 in\n", out);
	for (int i = 0; command_names[i]; i++)
		put_options((enum command_kind)i, out);
	fputs("\t*) options= ;;\n\tesac\n}\n\n"
	      "# What completes an option's value, in $value; 1 for an option without one.\n"
	      "_qlaunch_knob() { # OPTION\n\tcase $1 in\n",
	      out);
	for (int i = 0; (knob = knob_at(i)); i++) {
		if (!knob_is_flag(knob))
			put_value(knob, out);
	}
	fputs("\t*) return 1 ;;\n\tesac\n}\n", out);
	fclose(out);
	return text;
}

static void test_tables(void **state)
{
	CLEANUP(str_free) char *page = golden_page(SCRIPT), *text = tables();
	CLEANUP(str_free) char *wanted = golden_between(page, BEGIN, END, text);

	(void)state;
	golden_check(SCRIPT, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
