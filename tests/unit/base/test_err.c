/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_err.c - a message is one printable line, cut where it is too long, and each layer adds its word. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"

static void layers_add_their_words(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(&err, "disk %d", 7), -ENOENT);
	assert_int_equal(err_in(&err, "boot"), -ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.text, "boot: disk 7: No such file or directory");
	assert_int_equal(err_set(&err, EINVAL, "other"), -EINVAL);
	assert_string_equal(err.text, "other");
}

static void foreign_bytes_stay_on_the_line(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, EINVAL, "'%s' is no list", "1\n2\r\x1b[31m\t\x7f\xc3\xa9");
	assert_string_equal(err.text, "'1?2??[31m??\xc3\xa9' is no list");
	err_in(&err, "a\nb");
	assert_string_equal(err.text, "a?b: '1?2??[31m??\xc3\xa9' is no list");
}

static void long_text_is_cut(void **state)
{
	struct err err = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(err_set(&err, EINVAL, "%s", text), -EINVAL);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_in(&err, "outer");
	assert_memory_equal(err.text, "outer: xxx", 10);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void nobody_listens(void **state)
{
	(void)state;
	errno = EPERM;
	assert_int_equal(err_sys(NULL, "x"), -EPERM);
	assert_int_equal(err_set(NULL, EBUSY, "x"), -EBUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_add_their_words),
		cmocka_unit_test(foreign_bytes_stay_on_the_line),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(nobody_listens),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
