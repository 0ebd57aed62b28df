/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one operation costs does not depend on how much work the window held. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "figure.h"
#include "json.h"
#include "per_op.h"

static const char *text_of(struct json_object *figures, const char *name)
{
	struct json_object *figure;

	if (!json_object_object_get_ex(figures, name, &figure))
		return "";
	return json_object_to_json_string_ext(figure, JSON_C_TO_STRING_PLAIN);
}

/* The host's window is a second longer than the load's at its start, KVM's two seconds. */
static struct json_object *figures_of(uint64_t ops, uint64_t switches, uint64_t exits)
{
	const struct work work = { "I/O", ops, 4, 5, 6 };
	struct json_object *figures = json_object_new_object();
	struct json_object *total = figure_put_count(figures, "context_switches", BETTER_NONE,
	                                             switches);

	figure_by(total, "vcpu", (double)switches);
	figure_by_none(total, "pool/1", "ended inside the window");
	figure_at_least(total, "threads ended");
	json_object_object_add(figure_put(figures, "cpu_time_s", "s", BETTER_NONE, 2.5), "share",
	                       json_object_new_double(0.5));
	figure_put_count(figures, "vm_exits", BETTER_NONE, exits);
	figure_none(figures, "cycles", "1", BETTER_NONE, "no PMU");
	figure_put(figures, "ipc", "1", BETTER_HIGHER, 2);
	per_op_figures(&work, figures);
	return figures;
}

static void totals_are_divided(void **state)
{
	CLEANUP(json_done) struct json_object *figures = figures_of(400, 1000, 1200);

	(void)state;
	assert_string_equal(text_of(figures, "context_switches_per_op"),
	                    "{\"value\":2.0,\"unit\":\"1\\/op\",\"better\":\"lower\","
	                    "\"at_least\":\"threads ended\","
	                    "\"by_why\":\"ended inside the window\","
	                    "\"by\":{\"vcpu\":2.0,\"pool\\/1\":null}}");
	assert_string_equal(text_of(figures, "cpu_ns_per_op"),
	                    "{\"value\":5000000.0,\"unit\":\"ns\",\"better\":\"lower\","
	                    "\"share\":0.5}");
	assert_string_equal(text_of(figures, "vm_exits_per_op"),
	                    "{\"value\":2.0,\"unit\":\"1\\/op\",\"better\":\"lower\"}");
	assert_string_equal(text_of(figures, "cycles_per_op"),
	                    "{\"value\":null,\"unit\":\"1\\/op\",\"better\":\"lower\","
	                    "\"why\":\"no PMU\"}");
	assert_string_equal(text_of(figures, "ipc_per_op"), "");
}

/* What --events counts is in no table: NAME_per_op, lower is better, a time in ns. */
static void events_are_divided(void **state)
{
	const struct work work = { "I/O", 400, 4, 5, 6 };
	CLEANUP(json_done) struct json_object *figures = json_object_new_object();

	(void)state;
	figure_by(figure_put_count(figures, "sched:sched_wakeup", BETTER_NONE, 1000), "vcpu", 500);
	figure_put(figures, "task-clock:u", "s", BETTER_NONE, 2.5);
	figure_put(figures, "some_rate", "1", BETTER_HIGHER, 2.5);
	per_op_figures(&work, figures);
	assert_string_equal(text_of(figures, "sched:sched_wakeup_per_op"),
	                    "{\"value\":2.0,\"unit\":\"1\\/op\",\"better\":\"lower\","
	                    "\"by\":{\"vcpu\":1.0}}");
	assert_string_equal(text_of(figures, "task-clock:u_per_op"),
	                    "{\"value\":5000000.0,\"unit\":\"ns\",\"better\":\"lower\"}");
	assert_int_equal(json_object_object_length(figures), 5);
}

/* A host that does seven times less work at the same cost is no better. */
static void less_work_is_not_better(void **state)
{
	CLEANUP(json_done) struct json_object *all = figures_of(700, 7000, 700);
	CLEANUP(json_done) struct json_object *few = figures_of(100, 1000, 100);
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), "%s", text_of(all, "context_switches_per_op"));
	assert_string_equal(text, text_of(few, "context_switches_per_op"));
	assert_non_null(strstr(text_of(few, "context_switches"), "\"better\":\"none\""));
}

static void no_work_is_no_figure(void **state)
{
	CLEANUP(json_done) struct json_object *figures = figures_of(0, 1000, 1);

	(void)state;
	assert_string_equal(text_of(figures, "vm_exits_per_op"),
	                    "{\"value\":null,\"unit\":\"1\\/op\",\"better\":\"lower\","
	                    "\"why\":\"the load did no I\\/O in the window\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_are_divided),
		cmocka_unit_test(events_are_divided),
		cmocka_unit_test(less_work_is_not_better),
		cmocka_unit_test(no_work_is_no_figure),
	};

	return cmocka_run_group_tests_name("per_op", tests, NULL, NULL);
}
