/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_claims.c - what a load may say of itself, and what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "catalog.h"
#include "claims.h"
#include "cleanup.h"
#include "json.h"

/* The result line after a result with these figures and histograms. */
static struct json_object *take(const char *workload, const char *figures, const char *histograms)
{
	struct json_object *line = json_object_new_object();
	struct claims claims;
	struct err err = { 0 };
	char text[2048];

	json_object_object_add(line, "figures", json_object_new_object());
	json_object_object_add(line, "warnings", json_object_new_array());
	snprintf(
	        text, sizeof(text),
	        "{\"window_ns\":1000,\"ops\":5,\"figures\":{%s},\"histograms\":{%s},\"warnings\":[]}",
	        figures, histograms);
	if (claims_take(text, workload_find(workload), line, &claims, &err))
		fail_msg("%s", err.text);
	return line;
}

static const char *member(struct json_object *line, const char *key)
{
	struct json_object *o = NULL;

	json_object_object_get_ex(line, key, &o);
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
	                                                 JSON_C_TO_STRING_NOSLASHESCAPE);
}

#define CPU "\"cpu_events_per_s\":{\"value\":5,\"unit\":\"events/s\",\"better\":\"higher\"}"

static const struct {
	const char *name, *figure;
} forged[] = {
	{ "host's", "\"offcpu_lock_s\":{\"value\":0,\"unit\":\"s\",\"better\":\"none\"}" },
	{ "of all VMs", "\"vms_fairness\":{\"value\":1,\"unit\":\"1\",\"better\":\"higher\"}" },
	{ "of another workload",
	  "\"io_read_iops\":{\"value\":1,\"unit\":\"ops/s\",\"better\":\"higher\"}" },
	{ "in another unit",
	  "\"cpu_event_p95_ns\":{\"value\":1,\"unit\":\"s\",\"better\":\"lower\"}" },
	{ "in another direction",
	  "\"cpu_event_p95_ns\":{\"value\":1,\"unit\":\"ns\",\"better\":\"higher\"}" },
};

static void only_its_own_figures_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
		CLEANUP(json_done) struct json_object *line = NULL;
		char figures[400];

		snprintf(figures, sizeof(figures), CPU ",%s", forged[i].figure);
		line = take("cpu", figures, "");
		if (strcmp(member(line, "figures"), "{" CPU "}") != 0)
			fail_msg("%s: %s", forged[i].name, member(line, "figures"));
		assert_non_null(
		        strstr(member(line, "warnings"), "1 figure that cpu does not measure"));
	}
}

static void only_its_own_histograms_are_taken(void **state)
{
	CLEANUP(json_done)
	struct json_object *line = take("cpu", CPU,
	                                "\"cpu_event_ns\":[[1,2]],\"run_delay_ns\":[[1,2]],"
	                                "\"cpu_event\":[[1,2]]");

	(void)state;
	assert_string_equal(member(line, "histograms"), "{\"cpu_event_ns\":[[1,2]]}");
	assert_non_null(strstr(member(line, "warnings"), "wrong name or shape"));
}

/* Each entry has its primary figure, and no figure twice. */
static void the_catalog_is_whole(void **state)
{
	const struct workload *workload;

	(void)state;
	for (int i = 0; (workload = workload_at(i)); i++) {
		assert_non_null(workload_claim(workload, workload->primary));
		for (const struct claim *claim = workload->claims; claim->name; claim++)
			assert_ptr_equal(workload_claim(workload, claim->name), claim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_own_figures_are_taken),
		cmocka_unit_test(only_its_own_histograms_are_taken),
		cmocka_unit_test(the_catalog_is_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
