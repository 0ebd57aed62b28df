/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_room.c - see report_room.h */
#include "report_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "compare.h"
#include "results.h"

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

void add_line(struct results *results, const char *arm, int repeat, const char *members)
{
	char line[32768];
	int len = snprintf(
	        line, sizeof(line),
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"cpu\",\"block\":0,"
	        "\"repeat\":%d,\"seed\":1,\"started\":\"%d\",\"figures\":{\"f\":{\"value\":%d,\"unit\":\"1\",\"better\":"
	        "\"higher\"}},%s}",
	        arm, repeat, repeat, repeat + 1, members);

	assert_true(len > 0 && (size_t)len < sizeof(line));
	assert_int_equal(results_read_line(results, line, (size_t)len, true), 0);
}

void compare_lines(struct results *results, struct comparisons *ret)
{
	assert_int_equal(results->skipped.broken, 0);
	assert_int_equal(results_finish(results), 0);
	assert_int_equal(compare_make(results, NULL, ret, NULL), 0);
}
