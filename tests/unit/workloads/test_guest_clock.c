/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_guest_clock.c - a guest whose clock runs at another rate than the host's is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "claims.h"
#include "cleanup.h"
#include "json.h"
#include "marks.h"
#include "text.h"

#define MS 1000000LL

static const struct {
	const char *hello, *done; /* what qload said: its clock */
	int64_t hello_ns, go_ns, done_ns, load_ns;
	double rate; /* 0: nothing is wrong with it */
} clocks[] = {
	/* a right clock, 1000 ms behind, and messages that took 1 ms */
	{ "clock_ns=1000000000", "go_ns=3000000000 clock_ns=4000000000", 2001 * MS, 3999 * MS,
	  5001 * MS, 1000 * MS, 0 },
	/* late messages only make the host's window longer, */
	{ "clock_ns=1000000000", "go_ns=3000000000 clock_ns=4000000000", 2900 * MS, 3100 * MS,
	  9000 * MS, 1000 * MS, 0 },
	/* and what the kernel itself lets pass is no wrong clock */
	{ "clock_ns=1000000000", "go_ns=3000000000 clock_ns=4000000000", 2000 * MS, 4040 * MS,
	  5020 * MS, 999 * MS, 0 },
	/* fast: the timed part is longer than the time around it */
	{ "clock_ns=1000000000", "go_ns=3000000000 clock_ns=4000000000", 2000 * MS, 3000 * MS,
	  3500 * MS, 1000 * MS, 2 },
	{ "", "", 0, 3000 * MS, 3980 * MS, 1000 * MS, 1000 / 980. },
	{ "", "", 0, 3000 * MS, 3981 * MS, 1000 * MS, 0 },
	/* slow: the way from hello to go is shorter than the time within it */
	{ "clock_ns=1000000000", "go_ns=2000000000 clock_ns=2500000000", 2000 * MS, 4000 * MS,
	  5000 * MS, 500 * MS, .5 },
	{ "clock_ns=1000000000", "go_ns=1979000000 clock_ns=2500000000", 2000 * MS, 3000 * MS,
	  5000 * MS, 500 * MS, .979 },
	{ "clock_ns=1000000000", "go_ns=1981000000 clock_ns=2500000000", 2000 * MS, 3000 * MS,
	  5000 * MS, 500 * MS, 0 },
	/* that qload does not say cannot be known */
	{ "", "go_ns=2000000000 clock_ns=2500000000", 2000 * MS, 4000 * MS, 5000 * MS, 500 * MS,
	  0 },
	{ "clock_ns=1000000000", "", 2000 * MS, 4000 * MS, 5000 * MS, 500 * MS, 0 },
	/* a guest that lies tells nothing that overflows */
	{ "clock_ns=2305843009213693951", "go_ns=1 clock_ns=1", 2000 * MS, 4000 * MS, 5000 * MS,
	  500 * MS, 1e-9 },
	{ "", "", 0, 1, 2, INT64_MAX, (double)INT64_MAX },
};

static struct marks marks_of(size_t i)
{
	struct marks marks = { 0 };

	marks_hello(&marks, clocks[i].hello_ns, clocks[i].hello);
	for (int trial = 0; trial < 2; trial++) { /* one hello is for all trials */
		marks_ready(&marks, clocks[i].go_ns, "");
		marks_done(&marks, clocks[i].go_ns, clocks[i].done_ns, clocks[i].done);
	}
	return marks;
}

static void a_rate_needs_proof(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		const struct marks marks = marks_of(i);
		double rate = 0;
		bool wrong = marks_rate_is_wrong(&marks, clocks[i].load_ns, &rate);
		double off = rate - clocks[i].rate;

		if (wrong != (clocks[i].rate > 0) ||
		    (off < 0 ? -off : off) > clocks[i].rate * 1e-3 + 1e-6)
			fail_msg("case %zu: %g", i, rate);
	}
}

static const char text[] =
        "{\"figures\": {\"io_read_iops\": {\"value\": 5.0}, \"p95_ns\": {\"value\": null, "
        "\"why\": \"fewer than 200 samples\"}, \"p99_ns\": {\"value\": 7}, \"cpu_time_s\": "
        "{\"value\": 0.5}}, \"histograms\": {\"h\": [[1, 2]]}, \"warnings\": []}";

/* What is left of a line after a verdict on case i; natively there is none. */
static void judge(size_t i, bool native, bool wrong, const char *want)
{
	CLEANUP(json_done) struct json_object *line = NULL;
	const struct claims claims = { .window_ns = clocks[i].load_ns };
	const struct marks marks = marks_of(i);
	struct err err;

	assert_int_equal(json_parse(text, sizeof(text) - 1, &line, &err), 0);
	assert_int_equal(claims_judge_clock(&claims, native ? NULL : &marks, 3, line), wrong);
	assert_string_equal(json_object_to_json_string_ext(line, JSON_C_TO_STRING_SPACED), want);
}

static void only_the_guests_own_figures_go(void **state)
{
#define WHY "the guest's clock ran 2 times as fast as the host's"
	static const char left[] =
	        "{ \"figures\": { \"io_read_iops\": { \"value\": null, \"why\": \"" WHY
	        "\" }, \"p95_ns\": { \"value\": null, \"why\": \"fewer than 200 samples\" }, "
	        "\"p99_ns\": { \"value\": null, \"why\": \"" WHY
	        "\" }, \"cpu_time_s\": { \"value\": 0.5 } }, \"histograms\": { }, "
	        "\"warnings\": [ \"" WHY
	        ": qload's own figures are left out, the host's were taken by its own clock\" ] }";
	CLEANUP(json_done) struct json_object *whole = NULL;
	const char *kept;
	struct err err;

	(void)state;
	assert_int_equal(json_parse(text, sizeof(text) - 1, &whole, &err), 0);
	kept = json_object_to_json_string_ext(whole, JSON_C_TO_STRING_SPACED);
	judge(3, false, true, left);
	judge(3, true, false, kept); /* natively it is the host's clock */
	judge(0, false, false, kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_needs_proof),
		cmocka_unit_test(only_the_guests_own_figures_go),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
