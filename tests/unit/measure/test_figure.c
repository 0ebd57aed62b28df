/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_figure.c - the JSON of a figure, byte for byte, and that nothing unknown becomes a number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figure.h"
#include "figure_room.h"
#include "json.h"

static void assert_figures(const char *text)
{
	assert_string_equal(
	        json_object_to_json_string_ext(figures, JSON_C_TO_STRING_PLAIN |
	                                                        JSON_C_TO_STRING_NOSLASHESCAPE),
	        text);
}

static void shapes(void **state)
{
	struct json_object *figure;

	(void)state;
	figure = figure_put(figures, "time_s", "s", BETTER_LOWER, 0.25);
	figure_by(figure, "vcpu", 0.25);
	figure_by(figure, "vcpu/0", 0.125);
	figure_put_count(figures, "events", BETTER_HIGHER, UINT64_MAX);
	figure_none(figures, "ipc", "1", BETTER_NONE, "no PMU");
	assert_figures(
	        "{\"time_s\":{\"value\":0.25,\"unit\":\"s\",\"better\":\"lower\","
	        "\"by\":{\"vcpu\":0.25,\"vcpu/0\":0.125}},"
	        "\"events\":{\"value\":18446744073709551615,\"unit\":\"1\",\"better\":\"higher\"},"
	        "\"ipc\":{\"value\":null,\"unit\":\"1\",\"better\":\"none\",\"why\":\"no PMU\"}}");
}

/* The first reason is the figure's; "by" stays the last member, in its order. */
static void parts_not_known(void **state)
{
	struct json_object *figure = figure_put(figures, "x", "s", BETTER_NONE, 1);

	(void)state;
	figure_by(figure, "vcpu/0", 1);
	figure_by_none(figure, "vcpu/1", "too few");
	figure_by_none(figure, "vcpu/2", "something else");
	figure_by(figure, "vcpu/3", 0.5);
	figure_by_none(figure_none(figures, "y", "1", BETTER_NONE, "no PMU"), "vcpu/0", "no PMU");
	assert_figures(
	        "{\"x\":{\"value\":1.0,\"unit\":\"s\",\"better\":\"none\",\"by_why\":\"too few\","
	        "\"by\":{\"vcpu/0\":1.0,\"vcpu/1\":null,\"vcpu/2\":null,\"vcpu/3\":0.5}},"
	        "\"y\":{\"value\":null,\"unit\":\"1\",\"better\":\"none\",\"why\":\"no PMU\","
	        "\"by\":{\"vcpu/0\":null}}}");
}

static void no_nan_and_no_infinity(void **state)
{
	static const double bad[] = { NAN, -NAN, INFINITY, -INFINITY };
	struct json_object *parsed = NULL;
	const char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct json_object *figure = figure_put(figures, "x", "s", BETTER_NONE, bad[i]);

		figure_by(figure, "part", bad[i]);
		text = json_object_to_json_string_ext(
		        figures, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		assert_null(strcasestr(text, "nan"));
		assert_null(strcasestr(text, "inf"));
		assert_non_null(strstr(text, "\"value\":null"));
		assert_non_null(strstr(text, "\"why\":\""));
		assert_non_null(strstr(text, "\"part\":null"));
		assert_int_equal(json_parse(text, strlen(text), &parsed, NULL), 0);
		json_done(&parsed);
	}
}

static void a_reason_is_always_given(void **state)
{
	(void)state;
	figure_none(figures, "x", "s", BETTER_NONE, NULL);
	assert_figures(
	        "{\"x\":{\"value\":null,\"unit\":\"s\",\"better\":\"none\",\"why\":\"not known\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIGURES(shapes),
		WITH_FIGURES(parts_not_known),
		WITH_FIGURES(no_nan_and_no_infinity),
		WITH_FIGURES(a_reason_is_always_given),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("figure", tests, NULL, NULL);
}
