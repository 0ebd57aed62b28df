/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpuset.c - lists of CPUs: text to bits, bits to text, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cpuset.h"

struct list_case {
	const char *text;
	const char *again; /* NULL: refused */
	const char *words; /* part of the refusal */
};

static const struct list_case sets[] = {
	{ "0", "0", NULL },
	{ "0-3", "0-3", NULL },
	{ "0-3,8,^2", "0-1,3,8", NULL },
	{ "^2,0-3", "0-1,3", NULL },
	{ "0-7,^2-5", "0-1,6-7", NULL },
	{ "3,2,1", "1-3", NULL },
	{ "1,1,1", "1", NULL },
	{ "5-5", "5", NULL },
	{ "007", "7", NULL },
	{ "0-1023", "0-1023", NULL },
	{ "1023", "1023", NULL },
	{ "", NULL, "names no CPU" },
	{ "3-1", NULL, "'3-1' counts down" },
	{ "5000", NULL, "CPU 5000 is above 1023" },
	{ "1024", NULL, "CPU 1024 is above 1023" },
	{ "0-1024", NULL, "CPU 1024 is above 1023" },
	{ "99999999999999999999", NULL, "CPU 99999999999999999999 is above 1023" },
	{ "1,^1", NULL, "'1,^1' leaves no CPU" },
	{ "^1", NULL, "leaves no CPU" },
	{ "1,", NULL, "comma" },
	{ ",1", NULL, "comma" },
	{ "1,,2", NULL, "comma" },
	{ "1-", NULL, "'1-' is no CPU number" },
	{ "-1", NULL, "'-1' is no CPU number" },
	{ "1-2-3", NULL, "'1-2-3' is no CPU number" },
	{ "1-2x,4", NULL, "'1-2x' is no CPU number" },
	{ " 1", NULL, "is no CPU number" },
	{ "1 ", NULL, "is no CPU number" },
	{ "+1", NULL, "is no CPU number" },
	{ "0x1", NULL, "is no CPU number" },
	{ "^^1", NULL, "is no CPU number" },
	{ "^", NULL, "is no CPU number" },
	{ "all", NULL, "'all' is no CPU number" },
	{ "0:1", NULL, "is no CPU number" },
};

static const struct list_case pins[] = {
	{ "none", "none", NULL },
	{ "2-3", "2-3", NULL },
	{ "3,2", "3,2", NULL },
	{ "3,2,4-6,0", "3,2,4-6,0", NULL },
	{ "1,1", "1,1", NULL },
	{ "0:2,1:3", "2-3", NULL },
	{ "1:3,0:2", "2-3", NULL },
	{ "1:0,0:1", "1,0", NULL },
	{ "0:5", "5", NULL },
	{ "0-254", "0-254", NULL },
	{ "", NULL, "names no CPU" },
	{ "None", NULL, "is no CPU number" },
	{ "3-1", NULL, "'3-1' counts down" },
	{ "1024", NULL, "CPU 1024 is above 1023" },
	{ "0-255", NULL, "more than 255 CPUs" },
	{ "0-200,0-200", NULL, "more than 255 CPUs" },
	{ "0-3,^2", NULL, "takes nothing out" },
	{ "0:2,3", NULL, "cannot be mixed" },
	{ "3,0:2", NULL, "cannot be mixed" },
	{ "0:2,0:3", NULL, "thread 0 is named twice" },
	{ "0:2,2:3", NULL, "thread 1 has no CPU though thread 2 has" },
	{ "1:3", NULL, "thread 0 has no CPU though thread 1 has" },
	{ "0:2-3", NULL, "more than one CPU" },
	{ "255:1", NULL, "thread 255 is above 254" },
	{ "0:", NULL, "is no CPU number" },
	{ ":1", NULL, "is no CPU number" },
	{ "0:1:2", NULL, "is no CPU number" },
	{ "0-1:2", NULL, "no thread:CPU pair" },
	{ "0:1,", NULL, "comma" },
};

static void check_refusal(const struct list_case *c, int rc, const struct err *err)
{
	if (rc >= 0 || rc != -err->code || !strstr(err->text, c->words))
		fail_msg("'%s': rc %d, '%s', wanted '%s'", c->text, rc, err->text, c->words);
}

static void sets_parse_and_print_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct cpuset set = { .bits = { 7 } }, again;
		struct err err = { 0 };
		char text[4096];
		int rc = cpuset_parse(sets[i].text, &set, &err);

		if (!sets[i].again) {
			check_refusal(&sets[i], rc, &err);
			assert_int_equal(set.bits[0], 7);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(err.code, 0);
		cpuset_format(&set, text, sizeof(text));
		assert_string_equal(text, sets[i].again);
		assert_int_equal(cpuset_parse(text, &again, NULL), 0);
		assert_true(cpuset_is_equal(&set, &again));
	}
}

static void pinlists_parse_and_print_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		struct pinlist list = { .nr = 77 }, again;
		struct err err = { 0 };
		char text[4096];
		int rc = pinlist_parse(pins[i].text, &list, &err);

		if (!pins[i].again) {
			check_refusal(&pins[i], rc, &err);
			assert_int_equal(list.nr, 77);
			continue;
		}
		assert_int_equal(rc, 0);
		pinlist_format(&list, text, sizeof(text));
		assert_string_equal(text, pins[i].again);
		assert_int_equal(pinlist_parse(text, &again, NULL), 0);
		assert_memory_equal(&list, &again, sizeof(list));
	}
}

static void order_is_kept(void **state)
{
	struct pinlist list;
	struct cpuset set;
	char text[32];

	(void)state;
	assert_int_equal(pinlist_parse("3,0-1,3", &list, NULL), 0);
	assert_int_equal(list.nr, 4);
	assert_int_equal(list.cpu[0], 3);
	assert_int_equal(list.cpu[1], 0);
	assert_int_equal(list.cpu[2], 1);
	assert_int_equal(list.cpu[3], 3);
	set = pinlist_set(&list);
	cpuset_format(&set, text, sizeof(text));
	assert_string_equal(text, "0-1,3");
}

static struct cpuset set_of(const char *text)
{
	struct cpuset set = { 0 };

	if (*text)
		assert_int_equal(cpuset_parse(text, &set, NULL), 0);
	return set;
}

static void assert_set(struct cpuset set, const char *text)
{
	char got[4096];

	cpuset_format(&set, got, sizeof(got));
	assert_string_equal(got, text);
}

static void algebra(void **state)
{
	struct cpuset a = set_of("0-3,64,1023"), b = set_of("2-5,1023"), none = { 0 };

	(void)state;
	assert_set(cpuset_and(&a, &b), "2-3,1023");
	assert_set(cpuset_or(&a, &b), "0-5,64,1023");
	assert_set(cpuset_minus(&a, &b), "0-1,64");
	assert_set(none, "");
	assert_int_equal(cpuset_count(&a), 6);
	assert_true(cpuset_is_subset(&none, &a));
	assert_false(cpuset_is_subset(&a, &b));
	assert_true(cpuset_is_subset(&a, &a));
	assert_false(cpuset_is_equal(&a, &b));
	assert_int_equal(cpuset_next(&a, -1), 0);
	assert_int_equal(cpuset_next(&a, 3), 64);
	assert_int_equal(cpuset_next(&a, 64), 1023);
	assert_int_equal(cpuset_next(&a, 1023), -1);
	assert_int_equal(cpuset_next(&none, -1), -1);
	assert_false(cpuset_has(&a, -1));
	assert_false(cpuset_has(&a, 1024));
	cpuset_remove(&a, 64);
	assert_false(cpuset_has(&a, 64));
}

/* A cut list must not read as another, shorter one. */
static void short_buffers_say_so(void **state)
{
	struct cpuset set = set_of("10,12,14,16,18");
	char text[12];

	(void)state;
	cpuset_format(&set, text, sizeof(text));
	assert_string_equal(text, "10,12,14...");
	assert_int_not_equal(cpuset_parse(text, &set, NULL), 0);
	cpuset_format(&set, text, 1);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_parse_and_print_back),
		cmocka_unit_test(pinlists_parse_and_print_back),
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(algebra),
		cmocka_unit_test(short_buffers_say_so),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cpuset", tests, NULL, NULL);
}
