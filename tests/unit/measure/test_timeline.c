/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_timeline.c - slices pair up and never overlap on a track, whatever comes, is lost, or is torn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "timeline.h"
#include "timeline_state.h"
#include "trace_read.h"

#define OURS 100

static const struct trace_thread threads[] = { { OURS, "vcpu/0" } };

/* Rows as words: "B:guest E M:go". */
struct seen {
	char words[512];
	int open[NR_TRACKS], lanes[TIMELINE_LANES], nr_lanes;
	uint64_t last_ns, nr;
};

static void see(void *arg, const struct timeline_row *row)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->words);
	int *open = row->track == TRACK_REQUEST ? &seen->lanes[row->lane] : &seen->open[row->track];

	assert_true(row->ts_ns >= seen->last_ns);
	seen->last_ns = row->ts_ns;
	seen->nr++;
	if (row->phase == ROW_BEGIN)
		assert_int_equal((*open)++, 0);
	if (row->phase == ROW_END)
		assert_int_equal((*open)--, 1);
	if (row->track == TRACK_REQUEST && row->lane >= seen->nr_lanes) {
		assert_true(row->first);
		seen->nr_lanes = row->lane + 1;
	}
	snprintf(seen->words + used, sizeof(seen->words) - used, "%s%c%s%s", used ? " " : "",
	         "BEM"[row->phase], row -> name ? ":" : "", row->name ? row->name : "");
}

static void feed(struct seen *seen, const struct trace_event *events, int nr)
{
	static const struct trace_mark marks[] = { { 1500, "go", "" }, { 9000, "done", "" } };
	const struct timeline_facts facts = { 99, threads, 1, marks, 2, NULL, 0, "{}" };
	CLEANUP(timeline_close) struct timeline *timeline = NULL;
	struct err err;

	assert_int_equal(timeline_open(&facts, see, seen, &timeline, &err), 0);
	for (int i = 0; i < nr; i++)
		assert_int_equal(timeline_event(timeline, &events[i]), 0);
	timeline_end(timeline);
}

static struct trace_event event(enum trace_kind kind, uint64_t ts_ns, uint64_t value)
{
	return (struct trace_event){ .ts_ns = ts_ns,
		                     .kind = kind,
		                     .tid = OURS,
		                     .value = value,
		                     .isa = 2,
		                     .name = "pread64" };
}

static void words_of_a_few(void **state)
{
	static const struct {
		enum trace_kind kind[4];
		int nr;
		const char *words;
	} cases[] = {
		{ { TRACE_ENTRY, TRACE_EXIT, TRACE_ENTRY },
		  3,
		  "B:guest E B:hlt M:go E B:guest M:done" },
		{ { TRACE_EXIT, TRACE_EXIT },
		  2,
		  "B:hlt E B:hlt M:go M:done" }, /* an entry was lost */
		{ { TRACE_CALL, TRACE_RETURN }, 2, "B:pread64 E M:go M:done" },
		{ { TRACE_RETURN, TRACE_CALL }, 2, "B:pread64 M:go M:done" },
		{ { TRACE_SUBMIT, TRACE_COMPLETE }, 2, "B:request E M:go M:done" },
		{ { TRACE_COMPLETE, TRACE_SUBMIT }, 2, "B:request M:go M:done" },
		{ { TRACE_SUBMIT, TRACE_SUBMIT }, 2, "B:request E B:request M:go M:done" },
		{ { TRACE_SAID }, 1, "M:go M:done" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seen seen = { 0 };
		struct trace_event events[4];

		for (int e = 0; e < cases[i].nr; e++)
			events[e] = event(cases[i].kind[e], (uint64_t)(1000 + 300 * e), 0x78);
		feed(&seen, events, cases[i].nr);
		assert_string_equal(seen.words, cases[i].words);
	}
}

static void what_was_lost_is_said(void **state)
{
	struct trace_event events[] = { event(TRACE_ENTRY, 1000, 0), event(TRACE_EXIT, 1100, 1) };
	struct seen seen = { 0 };

	(void)state;
	events[1].missed = 7;
	feed(&seen, events, 2);
	assert_non_null(strstr(seen.words, "B:guest M:events lost E B:"));
}

/* More at once than there are lanes: the first ones are drawn, and a lane that is free is used again. */
static void requests_share_lanes(void **state)
{
	const int nr = TIMELINE_LANES + 50;
	CLEANUP(str_free)
	char *room = calloc((size_t)(2 * nr + 1), sizeof(struct trace_event));
	struct trace_event *events = (struct trace_event *)(void *)room;
	struct seen *seen = calloc(1, sizeof(*seen));
	int at = 0;

	(void)state;
	assert_non_null(events);
	assert_non_null(seen);
	for (int i = 0; i < nr; i++)
		events[at++] = event(TRACE_SUBMIT, 2000, (uint64_t)(i + 1));
	for (int i = 0; i < nr; i++)
		events[at++] = event(TRACE_COMPLETE, 2000, (uint64_t)(i + 1));
	events[at++] = event(TRACE_SUBMIT, 2000, 1);
	feed(seen, events, at);
	assert_int_equal(seen->nr_lanes, TIMELINE_LANES);
	assert_int_equal(seen->lanes[0], 1);
	assert_int_equal(seen->nr, 2 * TIMELINE_LANES + 1 + 2);
	free(seen);
}

/* Any order of any kinds: see() asserts that slices pair up. */
static void nothing_breaks_the_pairs(void **state)
{
	unsigned int random = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct trace_event events[200];
		struct seen seen = { 0 };

		for (int i = 0; i < 200; i++) {
			random = random * 1103515245 + 12345;
			events[i] = event((enum trace_kind)(random / 65536 % (TRACE_SAID + 1)),
			                  1000 + random / 1024 % 500, random / 4096 % 7);
			events[i].other = random & 1 << 20 ? OURS : 7;
			events[i].missed = (int)(random / 65536 % 9) - 7;
		}
		feed(&seen, events, 200);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_a_few),
		cmocka_unit_test(what_was_lost_is_said),
		cmocka_unit_test(requests_share_lanes),
		cmocka_unit_test(nothing_breaks_the_pairs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
