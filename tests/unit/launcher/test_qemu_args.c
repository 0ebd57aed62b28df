/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_qemu_args.c - QEMU's argv against golden files; names and shell words. */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args_cases.h"
#include "cleanup.h"
#include "golden.h"
#include "json.h"
#include "text.h"

#define DATA "tests/data/"

static void print_args(const struct strv *args, FILE *out)
{
	for (int i = 0; i < args->nr; i++) {
		char line[4096];

		text_escape(args->v[i], strlen(args->v[i]), line, sizeof(line));
		fprintf(out, "%s\n", line);
	}
	assert_null(args->v[args->nr]);
}

static void test_golden(void **state)
{
	(void)state;
	for (int i = 0; i < nr_args_cases; i++) {
		CLEANUP(strv_done) struct strv args = { 0 };
		CLEANUP(str_free) char *line = NULL;
		CLEANUP(str_free) char *text = NULL;
		struct qemu_inputs in;
		struct err err = { 0 };
		size_t size;
		FILE *out = open_memstream(&text, &size);
		char path[128];

		line = args_prepare(args_cases[i].line, args_cases[i].qemu, &in);
		args_describe(&args_cases[i], &in);
		if (qemu_args(&in, &args, &err) < 0)
			fail_msg("%s: %s", args_cases[i].name, err.text);
		print_args(&args, out);
		fclose(out);
		cmdline_done(&args_cmdline);
		snprintf(path, sizeof(path), DATA "argv-%s.txt", args_cases[i].name);
		golden_check(path, text);
	}
}

/* Whatever the name: it stands in one argument of JSON, whole, or (passed by fd) nowhere. */
static void test_names(void **state)
{
	static const char *const names[] = { "/a,b",      "/a\nb",     "/a'b",    "/a\"b",
		                             "/a\\b",     "/a b",      "/$(x)",   "/,,",
		                             "/fat:/etc", "/\xc3\xa9", "/json:{}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(strv_done) struct strv args = { 0 };
		CLEANUP(str_free) char *line = NULL;
		struct qemu_inputs in;
		struct err err = { 0 };
		int found = 0;

		line = args_prepare("d", &args_qemu, &in);
		in.disk[0] = (struct qemu_disk){ .file = names[i], .has_backing = true };
		assert_int_equal(qemu_args(&in, &args, &err), 0);
		for (int a = 1; a < args.nr; a++) {
			CLEANUP(json_done) struct json_object *node = NULL;
			struct json_object *file;
			const char *name;

			if (strcmp(args.v[a - 1], "-blockdev"))
				continue;
			assert_int_equal(json_parse(args.v[a], strlen(args.v[a]), &node, &err), 0);
			assert_int_equal(json_get_object(node, "", "file", &file, &err), 0);
			assert_int_equal(json_get_string(file, "", "filename", &name, &err), 0);
			assert_string_equal(name, names[i]);
			found++;
		}
		assert_int_equal(found, 1);
		cmdline_done(&args_cmdline);
	}
}

static void test_refused(void **state)
{
	CLEANUP(strv_done) struct strv args = { 0 };
	struct qemu_inputs in;
	struct err err = { 0 };
	CLEANUP(str_free) char *line = args_prepare("d", &args_qemu, &in);

	(void)state;
	in.fds.qmp = -1;
	assert_int_equal(qemu_args(&in, &args, &err), -EBADF);
	in.fds.qmp = 3;
	in.fds.load = -1;
	in.builtin_guest = true;
	assert_int_equal(qemu_args(&in, &args, &err), -EBADF);
	args_plan.guest = false;
	assert_int_equal(qemu_args(&in, &args, &err), -EINVAL);
	assert_null(args.v);
	cmdline_done(&args_cmdline);
}

static void test_shell(void **state)
{
	static const char *const words[] = { "plain",        "a b",  "",          "it's",
		                             "$(x)",         "a\nb", "\033[31m1", "\xc2\x9b\\'\"",
		                             "\xe2\x80\xae", "\"",   "~" };
	CLEANUP(strv_done) struct strv args = { 0 };
	CLEANUP(str_free) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&args, words[i]);
	assert_false(args.failed);
	strv_print_shell(&args, out);
	fclose(out);
	text[strlen(text) - 1] = '\0';
	assert_true(text_is_plain(text));
	/* the shell must hand on the very words */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char script[512], got[64];
		const char *const sh[] = { "bash", "-c", script, NULL };

		snprintf(script, sizeof(script), "set -- %s; shift %zu; printf '%%s' \"$1\"", text,
		         i);
		assert_int_equal(command_run("/", sh, got, sizeof(got)), 0);
		assert_string_equal(got, words[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_shell),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
