/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_marks.c - how far the guest's clock is from the host's, and how a trial's key becomes a file's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "cleanup.h"
#include "json.h"
#include "marks.h"
#include "trace_path.h"
#include "trace_write.h"

static const struct {
	const char *ready, *done;
	int64_t ready_ns, go_ns, done_ns; /* the host's */
	int code;
	int64_t offset, bound, drift;
} cases[] = {
	/* the guest is 1000 behind: each message took 10 */
	{ "clock_ns=1000", "go_ns=2010 clock_ns=3000", 2010, 3000, 4010, 0, 1000, 10, 0 },
	/* the quicker of ready and done counts */
	{ "clock_ns=1000", "go_ns=2010 clock_ns=3000", 2500, 3000, 4000, 0, 995, 5, 0 },
	/* its clock is fast: 30 too much by the end */
	{ "clock_ns=1000", "go_ns=2010 clock_ns=3040", 2010, 3000, 4000, 0, 1000, 10, 30 },
	/* a guest that is ahead */
	{ "clock_ns=5000", "go_ns=6000 clock_ns=7000", 1000, 2000, 3000, 0, -4000, 0, 0 },
	/* ready arrived before it was sent, as seen from go */
	{ "clock_ns=9000", "go_ns=2010 clock_ns=3000", 2010, 3000, 4010, -ERANGE, 0, 0, 0 },
	{ "", "go_ns=2010 clock_ns=3000", 1, 2, 3, -ENODATA, 0, 0, 0 },
	{ "clock_ns=1000", "", 1, 2, 3, -ENODATA, 0, 0, 0 },
	{ "clock_ns=1000", "clock_ns=3000", 1, 2, 3, -ENODATA, 0, 0, 0 },
	{ "clock_ns=-5", "go_ns=1 clock_ns=3", 1, 2, 3, -ENODATA, 0, 0, 0 },
	{ "clock_ns=18446744073709551615", "go_ns=1 clock_ns=3", 1, 2, 3, -ENODATA, 0, 0, 0 },
	{ "clock_ns", "go_ns=1 clock_ns=3", 1, 2, 3, -ENODATA, 0, 0, 0 },
	{ "clock_ns=2305843009213693951", "go_ns=1 clock_ns=2305843009213693951", 1, 2, 3, -ERANGE,
	  0, 0, 0 },
};

static void offsets_are_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct load_clock clock = { 0 };
		struct marks marks = { .has_go = true }; /* of a trial before */
		struct err err;
		int rc;

		marks_ready(&marks, cases[i].ready_ns, cases[i].ready);
		assert_false(marks.has_go);
		marks_done(&marks, cases[i].go_ns, cases[i].done_ns, cases[i].done);
		rc = marks_clock(&marks, &clock, &err);
		if (rc != cases[i].code || clock.offset_ns != cases[i].offset ||
		    clock.bound_ns != cases[i].bound || clock.drift_ns != cases[i].drift)
			fail_msg("case %zu: %d, %ld within %ld, drift %ld", i, rc,
			         (long)clock.offset_ns, (long)clock.bound_ns, (long)clock.drift_ns);
	}
}

static const struct {
	const char *path;
	int format;
	bool many;
	const char *made;
} paths[] = {
	{ "x.json", TRACE_JSON, false, "x.json" },
	{ "x.json", TRACE_JSON, true, "x.3-guest_pin=1_.._-randrw-b2-r4.json" },
	{ "a/b.c/x.y.dat", TRACE_DAT, true, "a/b.c/x.y.3-guest_pin=1_.._-randrw-b2-r4.dat" },
	{ "/x.dat", TRACE_DAT, false, "/x.dat" },
	{ "x.pftrace", TRACE_PERFETTO, true, "x.3-guest_pin=1_.._-randrw-b2-r4.pftrace" },
	{ "x", -EINVAL, false, NULL },
	{ "x.txt", -EINVAL, false, NULL },
	{ ".json", -EINVAL, false, NULL },
	{ "a/.dat", -EINVAL, false, NULL },
	{ "", -EINVAL, false, NULL },
};

static void names_hold_the_key(void **state)
{
	CLEANUP(json_done) struct json_object *line = json_object_new_object();
	char got[4096];
	struct err err;

	(void)state;
	json_object_object_add(line, "arm", json_object_new_string("guest pin=1/../"));
	json_object_object_add(line, "workload", json_object_new_string("randrw"));
	json_object_object_add(line, "arm_order", json_object_new_int(3));
	json_object_object_add(line, "block", json_object_new_int(2));
	json_object_object_add(line, "repeat", json_object_new_int(4));
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(trace_format_of(paths[i].path, &err), paths[i].format);
		if (paths[i].format < 0)
			continue;
		assert_int_equal(
		        trace_path_make(paths[i].path, paths[i].many, line, got, sizeof(got), &err),
		        0);
		assert_string_equal(got, paths[i].made);
	}
	assert_int_equal(trace_path_make("x.json", true, line, got, 12, &err), -ENAMETOOLONG);
	json_object_object_add(line, "vm", json_object_new_object()); /* the first VM's */
	assert_int_equal(trace_path_make("x.json", false, line, got, sizeof(got), &err), 0);
	assert_string_equal(got, "x.json");
	json_object_object_add(line, "vm", json_object_new_int(2));
	assert_int_equal(trace_path_make("x.json", false, line, got, sizeof(got), &err), 0);
	assert_string_equal(got, "x-vm2.json");
	assert_int_equal(trace_path_make("x.dat", true, line, got, sizeof(got), &err), 0);
	assert_string_equal(got, "x.3-guest_pin=1_.._-randrw-b2-r4-vm2.dat");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_are_bounded),
		cmocka_unit_test(names_hold_the_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
