/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_room.c - see report_room.h */
#include "report_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

int report_try(const struct report_wish *wish, char *const *paths, int nr, char **ret,
               struct err *err)
{
	size_t size;
	FILE *out;
	int rc;

	*ret = NULL;
	out = open_memstream(ret, &size);
	assert_non_null(out);
	rc = report_write(wish, paths, nr, out, err);
	assert_int_equal(fclose(out), 0);
	return rc;
}

char *report_of(const struct report_wish *wish, const char *path)
{
	char *text, *paths[] = { (char *)path };
	struct err err = { 0 };

	if (report_try(wish, paths, 1, &text, &err))
		fail_msg("%s", err.text);
	return text;
}
