/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_neighbours.c - lines of several VMs as one: whose figures they are, what is said of all, what is not believed. */
#include <json-c/json.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "err.h"
#include "figure_peek.h"
#include "json.h"
#include "neighbours.h"

#define NR 3

/* A VM's line: two figures of the load's own, one of the host's with parts. */
static struct json_object *make_line(const char *primary, const char *unit, const char *better,
                                     const char *value)
{
	static const char form[] =
	        "{\"arm\": \"a\", \"workload\": \"w\", \"warnings\": [\"odd\"],"
	        "\"figures\": {\"%s\": {\"value\": %s, \"unit\": \"%s\", \"better\": \"%s\"%s},"
	        "\"load_other\": {\"value\": 7, \"unit\": \"1\", \"better\": \"none\"},"
	        "\"run_delay_s\": {\"value\": 3, \"unit\": \"s\", \"better\": \"lower\","
	        "\"by\": {\"vcpu\": 2, \"emulator\": 1, \"vcpu/0\": 2, \"emulator/0\": 1}}},"
	        "\"histograms\": {\"h\": [[1, 2]]}, \"window_s\": {\"host\": 1.0},"
	        "\"threads\": [{\"tid\": 5, \"role\": \"vcpu\", \"index\": 0}]}";
	struct json_object *line;
	struct err err = { 0 };
	char text[1024];

	snprintf(text, sizeof(text), form, primary, value, unit, better,
	         strcmp(value, "null") ? "" : ", \"why\": \"too few\"");
	if (json_parse(text, strlen(text), &line, &err))
		fail_msg("%s: %s", text, err.text);
	return line;
}

/* Three VMs under `cpu`, whose parts of a second end so many ms after the first one's. */
static struct json_object *join(const char *const *value, const int *end_ms, const double *vcpu_s)
{
	struct vm_part part[NR];
	struct json_object *line;

	for (int i = 0; i < NR; i++)
		part[i] = (struct vm_part){
			.line = make_line("cpu_events_per_s", "events/s", "higher", value[i]),
			.done_ns = 5000000000 + end_ms[i] * 1000000LL,
			.load_ns = 1000000000,
			.vcpu_s = vcpu_s[i],
			.nr_claimed = 2,
		};
	neighbours_join(part, NR, "cpu");
	line = part[0].line;
	for (int i = 1; i < NR; i++)
		json_object_put(part[i].line);
	return line;
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no member '%s'", key);
	return value;
}

static const char *text(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

static const int together[NR] = { 0, 10, 20 };
static const double equal[NR] = { 0.3, 0.2, 0.4 };

static void test_figures(void **state)
{
	static const char *const values[NR] = { "100", "50", "200" };
	CLEANUP(json_done) struct json_object *line = join(values, together, equal);
	struct json_object *figures = at(line, "figures");

	(void)state;
	assert_true(near(value(figures, "cpu_events_per_s", NULL), 100)); /* the first VM's own */
	assert_true(near(value(figures, "run_delay_s", NULL), 3));
	assert_true(near(value(figures, "vms_total_cpu_events_per_s", NULL), 350));
	assert_true(near(value(figures, "vms_total_cpu_events_per_s", "vm2"), 200));
	assert_true(near(value(figures, "vms_worst_cpu_events_per_s", NULL), 50));
	assert_true(near(value(figures, "vms_fairness", NULL), 0.25));
	assert_true(near(value(figures, "vms_cpu_fairness", NULL), 0.5));
	assert_true(near(value(figures, "vms_cpu_fairness", "vm0"), 0.3));
	assert_true(near(value(figures, "vms_overlap", NULL), 0.98));
	assert_string_equal(text(at(at(figures, "vms_total_cpu_events_per_s"), "unit")),
	                    "\"events\\/s\"");
}

/* Roles add up to the value, so only single threads of a neighbour stand beside them. */
static void test_lines(void **state)
{
	static const char *const values[NR] = { "1", "2", "3" };
	CLEANUP(json_done) struct json_object *line = join(values, together, equal);
	struct json_object *neighbours = at(line, "neighbours");
	struct json_object *threads = at(line, "threads");

	(void)state;
	assert_string_equal(text(at(at(at(line, "figures"), "run_delay_s"), "by")),
	                    "{\"vcpu\":2,\"emulator\":1,\"vcpu\\/0\":2,\"emulator\\/0\":1,"
	                    "\"vm1\\/vcpu\\/0\":2,\"vm1\\/emulator\\/0\":1,"
	                    "\"vm2\\/vcpu\\/0\":2,\"vm2\\/emulator\\/0\":1}");
	assert_int_equal(json_object_array_length(threads), NR);
	for (int i = 0; i < NR; i++)
		assert_int_equal(json_object_get_int(
		                         at(json_object_array_get_idx(threads, (size_t)i), "vm")),
		                 i);
	assert_string_equal(text(at(line, "warnings")), "[\"odd\",\"vm1: odd\",\"vm2: odd\"]");
	assert_int_equal(json_object_array_length(neighbours), NR - 1);
	assert_int_equal(json_object_object_length(json_object_array_get_idx(neighbours, 0)), 4);
	assert_true(near(value(at(json_object_array_get_idx(neighbours, 1), "figures"),
	                       "cpu_events_per_s", NULL),
	                 3));
}

/* The kernel calls all vCPUs the same; a stranger has no name of ours. */
static void test_preemptors(void **state)
{
	static const char *const threads[2] = {
		"[{\"tid\": 5, \"role\": \"vcpu\", \"index\": 0}, {\"tid\": 6, \"role\": \"vcpu\", \"index\": 1}]",
		"[{\"tid\": 7, \"role\": \"vcpu\", \"index\": 0}]",
	};
	static const char list[] =
	        "[{\"comm\": \"CPU 0/TCG\", \"tid\": 7}, {\"comm\": \"CPU 1/TCG\", \"tid\": 6},"
	        "{\"comm\": \"stress\", \"tid\": 8}]";
	static const char *const names[2][3] = { { "vm1/vcpu/0", "vcpu/1", NULL },
		                                 { "vcpu/0", "vm0/vcpu/1", NULL } };
	struct vm_part part[2];
	struct err err = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct json_object *parsed;

		part[i] = (struct vm_part){ .line = make_line("cpu_events_per_s", "events/s",
			                                      "higher", "1"),
			                    .load_ns = 1 };
		assert_int_equal(json_parse(threads[i], strlen(threads[i]), &parsed, &err), 0);
		json_object_object_add(part[i].line, "threads", parsed);
		assert_int_equal(json_parse(list, strlen(list), &parsed, &err), 0);
		json_object_object_add(part[i].line, "preemptors", parsed);
	}
	neighbours_join(part, 2, "cpu");
	for (int i = 0; i < 2; i++) {
		for (size_t p = 0; p < 3; p++) {
			struct json_object *thread = json_object_object_get(
			        json_object_array_get_idx(at(part[i].line, "preemptors"), p),
			        "thread");

			if (names[i][p])
				assert_string_equal(json_object_get_string(thread), names[i][p]);
			else
				assert_null(thread);
		}
	}
	json_object_put(part[0].line);
	json_object_put(part[1].line);
}

/* One VM has no figure: then nothing is known about all, and the reason says which. */
static void test_unknown(void **state)
{
	static const char *const values[NR] = { "100", "null", "200" };
	static const double cpu[NR] = { 0.1, 0.1, NAN };
	CLEANUP(json_done) struct json_object *line = join(values, together, cpu);
	struct json_object *figures = at(line, "figures");

	(void)state;
	assert_string_equal(why(figures, "vms_total_cpu_events_per_s"), "vm1: too few");
	assert_string_equal(why(figures, "vms_worst_cpu_events_per_s"), "vm1: too few");
	assert_string_equal(why(figures, "vms_fairness"), "vm1: too few");
	assert_string_equal(why(figures, "vms_cpu_fairness"), "vm2: not known");
	assert_true(near(value(figures, "cpu_events_per_s", NULL), 100));
}

static void test_nothing_done(void **state)
{
	static const char *const values[NR] = { "0", "0", "0" };
	static const double cpu[NR];
	CLEANUP(json_done) struct json_object *line = join(values, together, cpu);
	struct json_object *figures = at(line, "figures");

	(void)state;
	assert_true(near(value(figures, "vms_total_cpu_events_per_s", NULL), 0));
	assert_string_equal(why(figures, "vms_fairness"), "no VM did anything");
	assert_string_equal(why(figures, "vms_cpu_fairness"), "no VM ran");
}

/* Kept out until the others were done, the first VM ran alone: that is no figure of sharing.  The CPU time is. */
static void test_one_after_another(void **state)
{
	static const char *const values[NR] = { "300", "300", "300" };
	static const int late[NR] = { 990, 0, 5 }, early[NR] = { 0, 990, 5 };
	static const double starved[NR] = { 0.01, 0.5, 0.5 };
	CLEANUP(json_done) struct json_object *line = join(values, late, starved);
	CLEANUP(json_done) struct json_object *other = join(values, early, starved);
	struct json_object *figures = at(line, "figures");

	(void)state;
	assert_non_null(strstr(why(figures, "cpu_events_per_s"), "kept from its CPUs"));
	assert_non_null(strstr(why(figures, "load_other"), "kept from its CPUs"));
	assert_true(near(value(figures, "run_delay_s", NULL), 3));
	assert_string_equal(text(at(line, "histograms")), "{}");
	assert_non_null(
	        strstr(why(figures, "vms_total_cpu_events_per_s"), "one after another: 1 %"));
	assert_true(near(value(figures, "vms_cpu_fairness", NULL), 0.02));
	assert_non_null(strstr(text(at(line, "warnings")), "coincide to 1 % only"));
	/* the one who kept the others out has what it says */
	assert_true(near(value(at(other, "figures"), "cpu_events_per_s", NULL), 300));
	assert_non_null(strstr(why(at(other, "figures"), "vms_worst_cpu_events_per_s"),
	                       "one after another"));
}

/* Latencies have a worst and a ratio, no total. */
static void test_latency(void **state)
{
	struct vm_part part[2] = {
		{ .line = make_line("wakeup_p99_ns", "ns", "lower", "1000"), .load_ns = 1000 },
		{ .line = make_line("wakeup_p99_ns", "ns", "lower", "4000"), .load_ns = 1000 },
	};
	struct json_object *figures = at(part[0].line, "figures");

	(void)state;
	neighbours_join(part, 2, "wakeup");
	assert_true(near(value(figures, "vms_worst_wakeup_p99_ns", NULL), 4000));
	assert_true(near(value(figures, "vms_fairness", NULL), 0.25));
	assert_false(json_has(figures, "vms_total_wakeup_p99_ns"));
	json_object_put(part[0].line);
	json_object_put(part[1].line);
}

/* The arm of one VM has the same figures, for the others to be compared with. */
static void test_alone(void **state)
{
	struct vm_part part = { .line = make_line("cpu_events_per_s", "events/s", "higher", "90"),
		                .load_ns = 1000,
		                .vcpu_s = 0.5 };
	struct json_object *figures = at(part.line, "figures");

	(void)state;
	neighbours_join(&part, 1, "cpu");
	assert_true(near(value(figures, "vms_total_cpu_events_per_s", NULL), 90));
	assert_true(near(value(figures, "vms_worst_cpu_events_per_s", NULL), 90));
	assert_true(near(value(figures, "vms_fairness", NULL), 1));
	assert_true(near(value(figures, "vms_overlap", NULL), 1));
	assert_string_equal(text(at(part.line, "neighbours")), "[]");
	assert_string_equal(text(at(part.line, "warnings")), "[\"odd\"]");
	json_object_put(part.line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),      cmocka_unit_test(test_lines),
		cmocka_unit_test(test_preemptors),   cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_nothing_done), cmocka_unit_test(test_one_after_another),
		cmocka_unit_test(test_latency),      cmocka_unit_test(test_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
