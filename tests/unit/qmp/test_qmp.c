/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole conversations with a scripted QEMU: every way a call can end. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "fake_qmp.h"
#include "json.h"
#include "qmp.h"
#include "qmp_meet.h"
#include "text.h"

/* Reading it takes longer than sending it, so that there is always more to read. */
static char flood[64 * 1024];

/* Each conversation: greeting, qmp_capabilities, then the two exchanges given, while "query-x" is called. */
static const struct talk {
	const char *name;
	struct exchange x[2];
	int rc;
	const char *words; /* of the error, or the reply as text */
	int nr_events;     /* taken afterwards */
	bool gone;
} talks[] = {
	{ "plain",
	  { { .expect = "query-x", .reply = "{\"return\": {\"a\": 1}}" } },
	  0,
	  "{\"a\":1}",
	  0,
	  false },
	{ "unknown fields",
	  { { .expect = "query-x", .reply = "{\"new\": [1], \"return\": 7, \"x\": {}}" } },
	  0,
	  "7",
	  0,
	  false },
	{ "null", { { .expect = "query-x", .reply = "{\"return\": null}" } }, 0, "null", 0, false },
	{ "byte by byte",
	  { { .expect = "query-x", .reply = "{\"return\": \"\xc3\xa9\"}", .bytewise = true } },
	  0,
	  "\"\xc3\xa9\"",
	  0,
	  false },
	{ "event before reply",
	  { { .expect = "query-x", .event = "RESUME", .reply = "{\"return\": 1}" } },
	  0,
	  "1",
	  1,
	  false },
	{ "10,000 events",
	  { { .expect = "query-x",
	      .event = "RESET",
	      .nr_events = 10000,
	      .reply = "{\"return\": 1}" } },
	  0,
	  "1",
	  QMP_EVENTS_MAX,
	  false },
	{ "event after reply in one read",
	  { { .expect = "query-x",
	      .raw = "{\"return\": 1, \"id\": 2}\r\n{\"event\": \"STOP\"}\r\n" } },
	  0,
	  "1",
	  1,
	  false },
	{ "two replies in one read",
	  { { .expect = "query-x",
	      .raw = "{\"return\": 8, \"id\": 1}\r\n{\"return\": 9, \"id\": 2}\r\n" } },
	  0,
	  "9",
	  0,
	  false },
	{ "wrong ids",
	  { { .expect = "query-x",
	      .raw = "{\"return\": 1, \"id\": 99}\n{\"return\": 2, \"id\": \"2\"}\n"
	             "{\"return\": 3, \"id\": 2.0}\n{\"return\": 4, \"id\": null}\n",
	      .reply = "{\"return\": 5}" } },
	  0,
	  "5",
	  0,
	  false },
	{ "no id",
	  { { .expect = "query-x", .raw = "{\"return\": 1}\n" } },
	  -ETIMEDOUT,
	  "query-x: QEMU did not answer for 200ms",
	  0,
	  false },
	{ "error",
	  { { .expect = "query-x",
	      .reply = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\\nway\"}}" } },
	  -EIO,
	  "query-x: no\\nway (GenericError)",
	  0,
	  false },
	{ "unknown command",
	  { { .expect = "query-x",
	      .reply = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command "
	               "query-x has not been found\"}}" } },
	  -ENOSYS,
	  "query-x: The command query-x has not been found (CommandNotFound)",
	  0,
	  false },
	{ "unknown device",
	  { { .expect = "query-x",
	      .reply = "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"?\"}}" } },
	  -ENODEV,
	  "query-x: ? (DeviceNotFound)",
	  0,
	  false },
	{ "error without id",
	  { { .expect = "query-x", .raw = "{\"error\": {\"class\": 1, \"desc\": []}}\n" } },
	  -EIO,
	  "query-x: no words (no class)",
	  0,
	  false },
	{ "error that is none",
	  { { .expect = "query-x", .reply = "{\"error\": 5}" } },
	  -EIO,
	  "query-x: no words (no class)",
	  0,
	  false },
	{ "hangup",
	  { { .expect = "query-x", .hangup = true } },
	  -ECONNRESET,
	  "query-x: QEMU closed the QMP connection",
	  0,
	  true },
	{ "hangup in a line",
	  { { .expect = "query-x", .raw = "{\"return\": {", .hangup = true } },
	  -ECONNRESET,
	  "query-x: QEMU closed the QMP connection",
	  0,
	  true },
	/* nothing is read on the other side, so that sending fails: what was said before is heard all the same */
	{ "hangup before the command",
	  { { .delay_ms = 100, .event = "SHUTDOWN", .hangup = true } },
	  -ECONNRESET,
	  "query-x: QEMU closed the QMP connection",
	  1,
	  true },
	{ "hangup with the command unread",
	  { { .delay_ms = 100, .hangup = true } },
	  -ECONNRESET,
	  "query-x: QEMU closed the QMP connection",
	  0,
	  true },
	{ "hangup after an event",
	  { { .expect = "query-x", .event = "SHUTDOWN", .hangup = true } },
	  -ECONNRESET,
	  "query-x: QEMU closed the QMP connection",
	  1,
	  true },
	{ "reply, then hangup",
	  { { .expect = "query-x", .reply = "{\"return\": 1}", .hangup = true } },
	  0,
	  "1",
	  0,
	  false },
	{ "silence",
	  { { .expect = "query-x", .silent = true } },
	  -ETIMEDOUT,
	  "query-x: QEMU did not answer for 200ms",
	  0,
	  false },
	{ "events for ever",
	  { { .expect = "query-x", .raw = flood, .raw_times = 1L << 40 } },
	  -ETIMEDOUT,
	  "query-x: QEMU did not answer for 200ms",
	  QMP_EVENTS_MAX,
	  false },
	{ "newlines for ever",
	  { { .expect = "query-x", .raw = "\n\n\n\n\n\n\n\n", .raw_times = 1L << 40 } },
	  -ETIMEDOUT,
	  "query-x: QEMU did not answer for 200ms",
	  0,
	  false },
	{ "slow",
	  { { .expect = "query-x", .delay_ms = 120, .reply = "{\"return\": 1}" } },
	  0,
	  "1",
	  0,
	  false },
	{ "line without end",
	  { { .expect = "query-x", .raw = "xxxxxxxx", .raw_times = 1L << 40 } },
	  -ECONNRESET,
	  "query-x: QEMU sent something that is no QMP: ",
	  0,
	  true },
	{ "no QMP",
	  { { .expect = "query-x", .raw = "{\"hello\": 1}\n" } },
	  -ECONNRESET,
	  "query-x: QEMU sent something that is no QMP: neither",
	  0,
	  true },
	{ "event without name",
	  { { .expect = "query-x", .raw = "{\"event\": 1}\n" } },
	  -ECONNRESET,
	  "query-x: QEMU sent something that is no QMP: neither",
	  0,
	  true },
	{ "second greeting",
	  { { .expect = "query-x",
	      .raw = "{\"QMP\": {}, \"id\": 2}\n",
	      .reply = "{\"return\": 1}" } },
	  0,
	  "1",
	  0,
	  false },
	{ "NaN",
	  { { .expect = "query-x", .reply = "{\"return\": NaN}" } },
	  -ECONNRESET,
	  "query-x: QEMU sent something that is no QMP: ",
	  0,
	  true },
};

static void check_talk(const struct talk *talk)
{
	const struct exchange script[] = { FAKE_GREETING, FAKE_CAPABILITIES, talk->x[0],
		                           talk->x[1] };
	CLEANUP(json_done) struct json_object *reply = NULL;
	struct err err = { 0 }, again = { 0 };
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, script, 4, LONG);
	struct pollfd hangup = { .fd = qmp_fd(qmp) };
	const char *text;
	int rc;

	if (talk->x[0].event && !talk->x[0].expect)
		assert_int_equal(poll(&hangup, 1, 20000), 1);
	if (talk->rc == -ETIMEDOUT)
		qmp_set_timeout(qmp, SHORT);
	rc = qmp_call(qmp, "query-x", NULL, &reply, &err);
	text = rc ? err.text : json_object_to_json_string_ext(reply, 0);

	if (rc != talk->rc || strncmp(text, talk->words, strlen(talk->words)) ||
	    count_events(qmp) != talk->nr_events || qmp_is_gone(qmp) != talk->gone)
		fail_msg("%s: %d '%s' %s", talk->name, rc, text, qmp_is_gone(qmp) ? "(gone)" : "");
	assert_int_equal(rc ? err.code : 0, -rc);
	if (talk->gone) { /* for good, and for the first reason */
		assert_int_equal(qmp_call(qmp, "query-y", NULL, NULL, &again), -ECONNRESET);
		assert_string_equal(strchr(again.text, ':'), strchr(err.text, ':'));
		assert_int_equal(qmp_drain(qmp, NULL), -ECONNRESET);
	}
	qmp_close(&qmp);
	assert_null(qmp);
	qmp_close(&qmp);
	fake_qmp_end(&fake);
}

static void test_talks(void **state)
{
	static const char event[] = "{\"event\": \"A\"}\n";

	(void)state;
	for (size_t at = 0; at + sizeof(event) < sizeof(flood); at += sizeof(event) - 1)
		memcpy(flood + at, event, sizeof(event));
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		check_talk(&talks[i]);
}

static const struct {
	struct exchange x[2];
	int rc;
	const char *words;
} greetings[] = {
	{ { { .hangup = true } }, -ECONNRESET, "greeting: QEMU closed the QMP connection" },
	{ { { .silent = true } }, -ETIMEDOUT, "greeting: QEMU did not answer for 200ms" },
	{ { { .raw = "{\"QMP\": {}}\n", .silent = true } },
	  -ENOENT,
	  "QEMU's version: greeting.version" },
	{ { { .raw = "{\"QMP\": 1}\n", .silent = true } },
	  -EINVAL,
	  "QEMU's version: greeting.QMP" },
	{ { { .raw = "{\"QMP\": {\"version\": {\"qemu\": {\"major\": \"7\"}}}}\n",
	      .silent = true } },
	  -EINVAL,
	  "QEMU's version: greeting.major" },
	{ { { .raw = "HTTP/1.1 400\n", .silent = true } },
	  -ECONNRESET,
	  "greeting: QEMU sent something that is no QMP" },
	{ { FAKE_GREETING, { .expect = "qmp_capabilities", .hangup = true } },
	  -ECONNRESET,
	  "qmp_capabilities: QEMU closed the QMP connection" },
	{ { FAKE_GREETING,
	    { .expect = "qmp_capabilities",
	      .reply = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"already\"}}" } },
	  -ENOSYS,
	  "qmp_capabilities: already (CommandNotFound)" },
};

static void test_greetings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(greetings); i++) {
		struct fake_qmp fake;
		struct err err = { 0 };
		struct qmp *qmp = NULL;
		int fd = fake_qmp_start(&fake, greetings[i].x, 2);
		int rc = qmp_open(fd, NULL, greetings[i].rc == -ETIMEDOUT ? SHORT : LONG, &qmp,
		                  &err);

		if (rc != greetings[i].rc || qmp ||
		    strncmp(err.text, greetings[i].words, strlen(greetings[i].words)))
			fail_msg("greeting %zu: %d '%s'", i, rc, err.text);
		assert_int_equal(close(fd), -1); /* owned, also on failure */
		fake_qmp_end(&fake);
	}
}

static void test_version(void **state)
{
	const struct exchange script[] = { FAKE_GREETING, FAKE_CAPABILITIES };
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, script, 2, LONG);
	const char *text;

	(void)state;
	assert_int_equal(qmp_version(qmp, &text), 70222);
	assert_string_equal(text, "7.2.22 (Debian 1:7.2+dfsg-7)");
	assert_true(qmp_fd(qmp) >= 0);
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

/* A reply that comes after its deadline belongs to nobody; the conversation goes on. */
static void test_late_reply(void **state)
{
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "slow", .delay_ms = 1000, .reply = "{\"return\": \"late\"}" },
		{ .expect = "next", .reply = "{\"return\": \"mine\"}" },
	};
	CLEANUP(json_done) struct json_object *reply = NULL;
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, script, 4, LONG);

	(void)state;
	qmp_set_timeout(qmp, SHORT);
	assert_int_equal(qmp_call(qmp, "slow", NULL, &reply, NULL), -ETIMEDOUT);
	assert_null(reply);
	qmp_set_timeout(qmp, LONG);
	assert_int_equal(qmp_call(qmp, "next", NULL, &reply, NULL), 0);
	assert_string_equal(json_object_get_string(reply), "mine");
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

/* Four questions on the way: each call takes its own reply, whichever came first, and one that never comes ends its own
 * call only. */
static void test_ask(void **state)
{
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "first", .reply = "{\"return\": 1}" },
		{ .expect = "second",
		  .event = "RESUME",
		  .reply = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}" },
		{ .expect = "third" },
		{ .expect = "fourth", .reply = "{\"return\": 4}" },
		{ .expect = "fifth", .reply = "{\"return\": 5}" },
		{ .hangup = true },
	};
	static const char *const asked[] = { "first", "second", "third", "fourth", "fifth" };
	CLEANUP(json_done) struct json_object *first = NULL, *fourth = NULL, *fifth = NULL;
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, script, 8, LONG);
	struct qmp_event event;
	struct err err = { 0 };

	(void)state;
	/* the fifth finds no place: its call sends it */
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		assert_int_equal(qmp_ask(qmp, asked[i], NULL), 0);
	assert_int_equal(qmp_call(qmp, "fourth", NULL, &fourth, NULL), 0);
	assert_int_equal(json_object_get_int(fourth), 4);
	assert_int_equal(qmp_call(qmp, "second", NULL, NULL, &err), -EIO);
	assert_string_equal(err.text, "second: no (GenericError)");
	assert_int_equal(qmp_take_event(qmp, &event), 1);
	qmp_event_done(&event);
	qmp_set_timeout(qmp, SHORT);
	assert_int_equal(qmp_call(qmp, "third", NULL, NULL, NULL), -ETIMEDOUT);
	qmp_set_timeout(qmp, LONG);
	assert_int_equal(qmp_call(qmp, "first", NULL, &first, NULL), 0);
	assert_int_equal(json_object_get_int(first), 1);
	assert_int_equal(qmp_call(qmp, "fifth", NULL, &fifth, NULL), 0);
	assert_int_equal(json_object_get_int(fifth), 5);
	if (!qmp_ask(qmp, "sixth", NULL)) /* the other end may be gone already */
		assert_int_equal(qmp_call(qmp, "sixth", NULL, NULL, NULL), -ECONNRESET);
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talks),   cmocka_unit_test(test_greetings),
		cmocka_unit_test(test_version), cmocka_unit_test(test_late_reply),
		cmocka_unit_test(test_ask),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp", tests, NULL, NULL);
}
