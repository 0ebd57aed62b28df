/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_exits.c - KVM's counters at two ends of a window: differences, kinds, parts, and each way to know nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "exits.h"
#include "figure_room.h"
#include "json.h"

/* Two vCPUs, the second reported first, as QEMU does. */
static const struct exits_stat start[] = {
	{ 1, "exits", 1000 },
	{ 1, "halt_exits", 10 },
	{ 1, "halt_poll_success_ns", 0 },
	{ 1, "halt_poll_fail_ns", 0 },
	{ 1, "halt_wait_ns", 0 },
	{ 1, "blocking", 0 },
	{ 0, "exits", 5000 },
	{ 0, "halt_exits", 20 },
	{ 0, "halt_poll_success_ns", 1000000000 },
	{ 0, "halt_poll_fail_ns", 2000000000 },
	{ 0, "halt_wait_ns", 500000000 },
};

static const struct exits_stat end[] = {
	{ 1, "exits", 1100 },
	{ 1, "halt_exits", 15 },
	{ 1, "halt_poll_success_ns", 250000000 },
	{ 1, "halt_poll_fail_ns", 0 },
	{ 1, "halt_wait_ns", 1000000000 },
	{ 1, "blocking", 1 },
	{ 0, "exits", 5002 },
	{ 0, "halt_exits", 20 },
	{ 0, "halt_poll_success_ns", 1500000000 },
	{ 0, "halt_poll_fail_ns", 2250000000 },
	{ 0, "halt_wait_ns", 1000000000 },
};

#define NR ((int)ARRAY_SIZE(end))

static struct json_object *figure(const char *name)
{
	struct json_object *found = NULL;

	assert_true(json_object_object_get_ex(figures, name, &found));
	return found;
}

static void assert_figure(const char *name, const char *text)
{
	assert_string_equal(json_object_to_json_string_ext(figure(name),
	                                                   JSON_C_TO_STRING_PLAIN |
	                                                           JSON_C_TO_STRING_NOSLASHESCAPE),
	                    text);
}

static void assert_value(const char *name, double want)
{
	double got = json_object_get_double(json_object_object_get(figure(name), "value"));

	if (got < want * 0.999999 || got > want * 1.000001)
		fail_msg("%s: %g, wanted %g", name, got, want);
}

static void assert_null_because(const char *name, const char *words)
{
	const char *why = NULL;

	assert_null(json_object_object_get(figure(name), "value"));
	assert_int_equal(json_get_string(figure(name), name, "why", &why, NULL), 0);
	if (!strstr(why, words))
		fail_msg("%s: '%s', wanted '%s'", name, why, words);
}

static void differences(void **state)
{
	(void)state;
	exits_figures(start, NR, end, NR, NULL, figures);
	assert_figure("vm_exits", "{\"value\":102,\"unit\":\"1\",\"better\":\"none\",\"by\":{"
	                          "\"halt_exits\":5.0,\"vcpu/1\":100.0,\"vcpu/0\":2.0}}");
	assert_figure("halt_poll_s", "{\"value\":1.0,\"unit\":\"s\",\"better\":\"none\",\"by\":{"
	                             "\"success\":0.75,\"fail\":0.25}}");
	assert_figure("halt_poll_success_s",
	              "{\"value\":0.75,\"unit\":\"s\",\"better\":\"none\",\"by\":{"
	              "\"vcpu/1\":0.25,\"vcpu/0\":0.5}}");
	assert_figure("halt_poll_fail_s",
	              "{\"value\":0.25,\"unit\":\"s\",\"better\":\"none\",\"by\":{"
	              "\"vcpu/1\":0.0,\"vcpu/0\":0.25}}");
	assert_figure("halt_wait_s", "{\"value\":1.5,\"unit\":\"s\",\"better\":\"none\",\"by\":{"
	                             "\"vcpu/1\":1.0,\"vcpu/0\":0.5}}");
}

static void rates(void **state)
{
	(void)state;
	exits_figures(start, NR, end, NR, NULL, figures);
	exits_rates(4, 51, figures);
	assert_figure("vm_exits_per_s",
	              "{\"value\":25.5,\"unit\":\"exits/s\",\"better\":\"none\",\"by\":{"
	              "\"halt_exits\":1.25,\"vcpu/1\":25.0,\"vcpu/0\":0.5}}");
	assert_value("vm_exits_per_io", 2);
	exits_rates(4, 0, figures);
	assert_null_because("vm_exits_per_io", "did I/O");
	exits_figures(NULL, 0, NULL, 0, "n/a under TCG", figures);
	exits_rates(4, 51, figures);
	assert_null_because("vm_exits_per_s", "n/a under TCG");
	assert_null_because("vm_exits_per_io", "n/a under TCG");
}

static void nothing_is_known(void **state)
{
	static const char *const names[] = { "vm_exits", "halt_poll_s", "halt_poll_success_s",
		                             "halt_poll_fail_s", "halt_wait_s" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		exits_figures(NULL, 0, NULL, 0, NULL, figures);
		assert_null_because(names[i], "KVM gave no counters");
		exits_figures(NULL, 0, NULL, 0, "n/a under TCG", figures);
		assert_null_because(names[i], "n/a under TCG");
		exits_figures(start, NR, NULL, 0, NULL, figures);
		assert_null_because(names[i], "KVM gave no counters");
		exits_figures(NULL, 0, end, NR, NULL, figures);
		assert_null_because(names[i], "is not there at both ends");
	}
}

/* Each counter in turn is missing at one end, goes back, or is there twice. */
static void one_counter_is_broken(void **state)
{
	static const struct {
		const char *counter, *figure;
	} cases[] = {
		{ "exits", "vm_exits" },
		{ "halt_poll_success_ns", "halt_poll_s" },
		{ "halt_poll_fail_ns", "halt_poll_s" },
		{ "halt_poll_success_ns", "halt_poll_success_s" },
		{ "halt_poll_fail_ns", "halt_poll_fail_s" },
		{ "halt_wait_ns", "halt_wait_s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct exits_stat broken[NR];
		int at = 0;

		while (strcmp(end[at].name, cases[i].counter))
			at++;
		memcpy(broken, end, sizeof(end));
		snprintf(broken[at].name, sizeof(broken[at].name), "gone");
		exits_figures(start, NR, broken, NR, NULL, figures);
		assert_null_because(cases[i].figure, cases[i].counter);
		exits_figures(broken, NR, end, NR, NULL, figures);
		assert_null_because(cases[i].figure, cases[i].counter);
		memcpy(broken, start, sizeof(start));
		broken[at].value = UINT64_MAX;
		exits_figures(broken, NR, end, NR, NULL, figures);
		assert_null_because(cases[i].figure, cases[i].counter);
	}
}

/* One vCPU's counter is missing at the start: it is null, and the figure says why; the others stand. */
static void a_part_is_not_known(void **state)
{
	struct exits_stat more[NR + 1];

	(void)state;
	memcpy(more, end, sizeof(end));
	more[NR] = (struct exits_stat){ 2, "signal_exits", 3 };
	exits_figures(start, NR, more, NR + 1, NULL, figures);
	assert_figure(
	        "vm_exits",
	        "{\"value\":102,\"unit\":\"1\",\"better\":\"none\",\"by_why\":\"KVM's "
	        "counter is not there at both ends of the window\",\"by\":{\"halt_exits\":5.0,"
	        "\"signal_exits\":null,\"vcpu/1\":100.0,\"vcpu/0\":2.0}}");
}

static void twice_named_is_counted_once(void **state)
{
	struct exits_stat twice[NR + 1];

	(void)state;
	memcpy(twice, end, sizeof(end));
	twice[NR] = end[0];
	twice[NR].value = 1u << 30;
	exits_figures(start, NR, twice, NR + 1, NULL, figures);
	assert_figure("vm_exits", "{\"value\":102,\"unit\":\"1\",\"better\":\"none\",\"by\":{"
	                          "\"halt_exits\":5.0,\"vcpu/1\":100.0,\"vcpu/0\":2.0}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIGURES(differences),         WITH_FIGURES(rates),
		WITH_FIGURES(nothing_is_known),    WITH_FIGURES(one_counter_is_broken),
		WITH_FIGURES(a_part_is_not_known), WITH_FIGURES(twice_named_is_counted_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
