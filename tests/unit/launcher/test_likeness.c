/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_likeness.c - loads of two arms that had the same of what they asked for, or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "cleanup.h"
#include "json.h"
#include "likeness.h"

#define MEANS                                                                                      \
	"; part of the difference may come from the workload itself: run both with the same "      \
	"kernel and rights to compare the configurations alone"

static const struct {
	const char *name, *first, *second;
	const char *words; /* NULL: alike */
} cases[] = {
	{ "the same", "{'arm':'a','workload':'mem','spec':{},'engine':{'pages':'4k','huge':1}}",
	  "{'arm':'b','workload':'mem','spec':{},'engine':{'pages':'4k','huge':2}}", NULL },
	{ "a word, and a truth",
	  "{'arm':'a','workload':'wakeup','spec':{},'engine':{'x':'held','locked':true}}",
	  "{'arm':'b','workload':'wakeup','spec':{},'engine':{'x':'free','locked':false}}",
	  "the configurations' workloads are not alike: here x 'free' instead of 'held', locked 'false' instead of "
	  "'true' as in 'a'" MEANS },
	{ "the baseline's own name",
	  "{'arm':'a (A/A)','control_of':'a','workload':'io','spec':{},'engine':{'flags':'x'}}",
	  "{'arm':'b','workload':'io','spec':{},'engine':{'flags':'y'}}",
	  "the configurations' workloads are not alike: here flags 'y' instead of 'x' as in 'a'" MEANS },
	{ "what comes out is no setting",
	  "{'arm':'a','workload':'wakeup','spec':{},'engine':{'saturated':true,'caches_seen':'x'}}",
	  "{'arm':'b','workload':'wakeup','spec':{},'engine':{'saturated':false,'caches_seen':'y'}}",
	  NULL },
	{ "other workloads", "{'arm':'a','workload':'mem','spec':{},'engine':{'pages':'4k'}}",
	  "{'arm':'b','workload':'fault','spec':{},'engine':{'pages':'2M'}}", NULL },
	{ "told otherwise",
	  "{'arm':'a','workload':'read','spec':{'sqpoll':'on'},'engine':{'flags':'x'}}",
	  "{'arm':'b','workload':'read','spec':{'sqpoll':'off'},'engine':{'flags':'y'}}", NULL },
	{ "a member that only one has",
	  "{'arm':'a','workload':'wakeup','spec':{},'engine':{'why':'no right'}}",
	  "{'arm':'b','workload':'wakeup','spec':{},'engine':{}}", NULL },
	{ "no engine", "{'arm':'a','workload':'cpu','spec':{}}",
	  "{'arm':'b','workload':'cpu','spec':{}}", NULL },
};

static struct json_object *line_of(const char *text)
{
	char copy[512];
	size_t i = 0;

	for (; text[i]; i++)
		copy[i] = text[i] == '\'' ? '"' : text[i];
	copy[i] = '\0';
	return json_tokener_parse(copy);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(json_done) struct json_object *seen = NULL;
		CLEANUP(json_done) struct json_object *first = line_of(cases[i].first);
		CLEANUP(json_done) struct json_object *second = line_of(cases[i].second);
		struct json_object *warnings = json_object_new_array(), *none;
		const char *said;

		assert_non_null(first);
		json_object_object_add(first, "warnings", json_object_new_array());
		json_object_object_add(second, "warnings", warnings);
		likeness_note(&seen, first);
		likeness_note(&seen, second);
		json_object_object_get_ex(first, "warnings", &none);
		assert_int_equal(json_object_array_length(none), 0);
		said = json_object_get_string(json_object_array_get_idx(warnings, 0));
		if (!said != !cases[i].words || (said && strcmp(said, cases[i].words) != 0))
			fail_msg("%s: %s", cases[i].name, said ? said : "nothing said");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("likeness", tests, NULL, NULL);
}
