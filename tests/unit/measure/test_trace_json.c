/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_trace_json.c - the timeline's text: it parses, time does not go back, hostile names stay names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "json.h"
#include "timeline.h"
#include "trace_json.h"
#include "trace_read.h"

#define OURS 100

static const struct trace_thread threads[] = { { OURS, "vcpu/0 a\"b\\c\n\x01\xff</script>" } };
static const struct trace_mark marks[] = { { 1500, "go", "within \"5\" ns" },
	                                   { 900000, "done", "" } };

static struct trace_event an_event(enum trace_kind kind, uint64_t ts_ns)
{
	struct trace_event event = { .ts_ns = ts_ns, .cpu = 1, .kind = kind, .tid = OURS };

	memset(event.comm, 0xff, sizeof(event.comm)); /* without an end */
	memcpy(event.other_comm, "\"},{\\\n\x7f", 8);
	event.value = kind == TRACE_EXIT ? 0x78 : UINT64_MAX;
	event.result = INT64_MIN;
	event.isa = 2;
	event.name = "pread64";
	return event;
}

/* The whole file, parsed strictly. */
static struct json_object *write_all(const struct trace_event *events, int nr, char **ret_text)
{
	size_t size = 0;
	const struct timeline_facts facts = { .pid = 99,
		                              .threads = threads,
		                              .nr_threads = 1,
		                              .marks = marks,
		                              .nr_marks = 2,
		                              .about = "{\"lost\":0}" };
	FILE *out = open_memstream(ret_text, &size);
	CLEANUP(trace_json_close) struct trace_json *json = NULL;
	struct json_object *o = NULL;
	uint64_t seen;
	struct err err;

	assert_non_null(out);
	assert_int_equal(trace_json_begin(out, &facts, &json, &err), 0);
	for (int i = 0; i < nr; i++)
		assert_int_equal(trace_json_event(json, &events[i]), 0);
	assert_int_equal(trace_json_end(json, &seen, &err), 0);
	assert_true(seen <= (uint64_t)nr);
	fclose(out);
	if (json_parse(*ret_text, strlen(*ret_text), &o, &err))
		fail_msg("%s: %s", err.text, *ret_text);
	return o;
}

static const char *word(struct json_object *row, const char *key)
{
	struct json_object *value = json_object_object_get(row, key);

	return value ? json_object_get_string(value) : "";
}

static void every_kind_is_json_and_time_goes_on(void **state)
{
	CLEANUP(str_free) char *text = NULL;
	CLEANUP(json_done) struct json_object *o = NULL;
	struct trace_event events[2 * (TRACE_SAID + 1)];
	struct json_object *rows;
	double last = 0;
	int nr = 0;

	(void)state;
	for (int i = 0; i <= TRACE_SAID; i++) {
		events[nr++] = an_event((enum trace_kind)i, (uint64_t)(1000 + 100 * i));
		/* another CPU's clock, a little behind */
		events[nr++] = an_event((enum trace_kind)i, (uint64_t)(990 + 100 * i));
	}
	o = write_all(events, nr, &text);
	rows = json_object_object_get(o, "traceEvents");
	assert_true(json_object_array_length(rows) > (size_t)nr);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		double ts = json_object_get_double(json_object_object_get(row, "ts"));

		assert_true(json_has(row, "ph") && json_has(row, "pid") && json_has(row, "tid"));
		if (!strcmp(word(row, "ph"), "M"))
			continue;
		assert_true(ts >= last);
		last = ts;
	}
	assert_string_equal(word(json_object_object_get(o, "otherData"), "lost"), "0");
}

static void names_are_quoted(void **state)
{
	CLEANUP(str_free) char *text = NULL;
	CLEANUP(json_done) struct json_object *o = NULL;
	struct trace_event event = an_event(TRACE_SWITCH, 1000);
	struct json_object *row;

	(void)state;
	o = write_all(&event, 1, &text);
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
	row = json_object_array_get_idx(json_object_object_get(o, "traceEvents"), 1);
	assert_string_equal(word(json_object_object_get(row, "args"), "name"),
	                    "vcpu/0 a\"b\\c\n\x01\xc3\xbf</script>");
	row = json_object_array_get_idx(json_object_object_get(o, "traceEvents"), 7);
	assert_string_equal(word(row, "ph"), "E");
	assert_string_equal(word(json_object_object_get(row, "args"), "next"), "\"},{\\\n\x7f");
}

/* ours leaves: E, after the B that was before the first event; ours comes: B; strangers: nothing. */
static void switches_are_slices(void **state)
{
	static const struct {
		pid_t left, came;
		const char *phases;
	} cases[] = { { OURS, 7, "BE" }, { 7, OURS, "B" }, { 7, 8, "" }, { OURS, OURS, "BEB" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *text = NULL;
		CLEANUP(json_done) struct json_object *o = NULL;
		struct trace_event event = an_event(TRACE_SWITCH, 1000);
		char phases[8] = "";
		struct json_object *rows;

		event.tid = cases[i].left;
		event.other = cases[i].came;
		o = write_all(&event, 1, &text);
		rows = json_object_object_get(o, "traceEvents");
		for (size_t r = 0; r < json_object_array_length(rows); r++) {
			struct json_object *row = json_object_array_get_idx(rows, r);

			if (!strcmp(word(row, "cat"), "sched"))
				strncat(phases, word(row, "ph"), 2);
		}
		assert_string_equal(phases, cases[i].phases);
	}
}

static void marks_stand_between_events(void **state)
{
	CLEANUP(str_free) char *text = NULL;
	CLEANUP(json_done) struct json_object *o = NULL;
	const struct trace_event events[] = { an_event(TRACE_ENTRY, 1000),
		                              an_event(TRACE_EXIT, 2000) };
	static const char *const order[] = { "guest", "go", "", "hlt", "done" };
	struct json_object *rows;

	(void)state;
	o = write_all(events, 2, &text);
	rows = json_object_object_get(o, "traceEvents");
	assert_int_equal(json_object_array_length(rows), 6 + 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(word(json_object_array_get_idx(rows, 6 + i), "name"), order[i]);
	assert_non_null(strstr(text, "\"ts\":1.500"));
	assert_non_null(strstr(text, "\"ts\":900.000"));
}

static void a_full_disk_is_an_error(void **state)
{
	CLEANUP(file_close) FILE *full = fopen("/dev/full", "we");
	CLEANUP(trace_json_close) struct trace_json *json = NULL;
	const struct timeline_facts facts = { .about = "{}" };
	uint64_t seen;
	struct err err;

	(void)state;
	assert_non_null(full);
	assert_int_equal(trace_json_begin(full, &facts, &json, &err), 0);
	assert_true(trace_json_end(json, &seen, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_json_and_time_goes_on),
		cmocka_unit_test(names_are_quoted),
		cmocka_unit_test(switches_are_slices),
		cmocka_unit_test(marks_stand_between_events),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
