/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes on around a call: events, the waiter, a socket that is full. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "fake_qmp.h"
#include "json.h"
#include "qmp.h"
#include "qmp_meet.h"
#include "text.h"

static void test_events(void **state)
{
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "go", .event = "ONE", .nr_events = 300, .reply = "{\"return\": {}}" },
		{ .delay_ms = 50, .event = "TWO" }, /* not in one read with the reply */
		{ .event = "THREE", .hangup = true },
	};
	struct qmp_event event;
	struct fake_qmp fake;
	struct err err = { 0 };
	struct qmp *qmp = meet(&fake, script, 5, LONG);
	int64_t soon = clock_now_ns() + LONG;

	(void)state;
	assert_int_equal(qmp_call(qmp, "go", NULL, NULL, NULL), 0);
	/* the queue is full, and still what is waited for comes through */
	assert_int_equal(qmp_wait_event(qmp, "TWO", soon, &event, NULL), 0);
	assert_string_equal(event.name, "TWO");
	assert_non_null(event.data);
	qmp_event_done(&event);
	assert_true(qmp_events_dropped(qmp) >= 300 - QMP_EVENTS_MAX);
	assert_int_equal(qmp_wait_event(qmp, "ONE", soon, &event, NULL), 0);
	qmp_event_done(&event);
	assert_int_equal(count_events(qmp), QMP_EVENTS_MAX - 1);
	assert_int_equal(qmp_wait_event(qmp, "FOUR", soon, &event, &err), -ECONNRESET);
	assert_string_equal(err.text, "FOUR: QEMU closed the QMP connection");
	qmp_close(&qmp);
	fake_qmp_end(&fake);
}

/* A name is printed and compared, so it is made harmless first. */
static void test_event_name(void **state)
{
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "go",
		  .raw = "{\"event\": \"\\u001b[2J\\u0000\\n\\u00e9\", \"data\": 5}\n"
		         "{\"event\": \"0123456789012345678901234567890123456789012345678901234567890123456789\"}\n",
		  .reply = "{\"return\": {}}" },
	};
	struct qmp_event event;
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, script, 3, LONG);

	(void)state;
	assert_int_equal(qmp_call(qmp, "go", NULL, NULL, NULL), 0);
	assert_int_equal(qmp_take_event(qmp, &event), 1);
	assert_string_equal(event.name, "\\x1b[2J\\x00\\n\\xc3\\xa9");
	assert_null(event.data);
	assert_int_equal(qmp_take_event(qmp, &event), 1);
	assert_int_equal(strncmp(event.name, "0123456789", 10), 0);
	assert_string_equal(event.name + strlen(event.name) - 3, "...");
	assert_true(strlen(event.name) < sizeof(event.name));
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

static void test_event_deadline(void **state)
{
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "go", .event = "A", .reply = "{\"return\": {}}" }
	};
	struct qmp_event event;
	struct fake_qmp fake;
	struct err err = { 0 };
	struct qmp *qmp = meet(&fake, script, 3, LONG);

	(void)state;
	assert_int_equal(qmp_call(qmp, "go", NULL, NULL, NULL), 0);
	assert_int_equal(qmp_wait_event(qmp, "B", clock_now_ns() + 300 * MS, &event, &err),
	                 -ETIMEDOUT);
	assert_string_equal(err.text, "QEMU sent no B event for 300ms");
	assert_int_equal(qmp_take_event(qmp, &event), 1);
	assert_string_equal(event.name, "A");
	qmp_event_done(&event);
	assert_int_equal(qmp_take_event(qmp, &event), 0);
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

/* Big events are bounded by their heap, not only by their number. */
static void test_event_heap(void **state)
{
	static char line[4096];
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "go", .raw = line, .raw_times = 100, .reply = "{\"return\": {}}" },
		{ .expect = "go", .raw = line, .raw_times = 100, .reply = "{\"return\": {}}" },
	};
	struct fake_qmp fake;
	struct qmp *qmp;
	int len = snprintf(line, sizeof(line), "{\"event\": \"A\", \"data\": {\"a\": [0");

	(void)state;
	while (len < 3000)
		len += snprintf(line + len, sizeof(line) - (size_t)len, ",{}");
	snprintf(line + len, sizeof(line) - (size_t)len, "]}}\n");
	qmp = meet(&fake, script, 4, LONG);
	for (int i = 1; i <= 2; i++) { /* what is taken makes room again */
		assert_int_equal(qmp_call(qmp, "go", NULL, NULL, NULL), 0);
		assert_int_equal(qmp_events_dropped(qmp),
		                 i * 97); /* 1.2 MB each, by the estimate */
		assert_int_equal(count_events(qmp), 3);
	}
	assert_true(peak_kib() < PEAK_MAX_KIB);
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

struct served {
	int waits, nr_drain, nr_busy;
	struct qmp *qmp;
	int refuse;
};

/* What a caller with more fds does; it may even try to use the conversation meanwhile. */
static int serve(void *arg, int fd, short events, int64_t deadline_ns, struct err *err)
{
	struct served *served = arg;
	struct pollfd pfd = { .fd = fd, .events = events };

	served->waits++;
	if (served->refuse)
		return err_set(err, served->refuse, "stopped by signal 2");
	if (clock_now_ns() >= deadline_ns)
		return -ETIMEDOUT;
	if (poll(&pfd, 1, 1000) < 0)
		return -EINTR;
	if (served->qmp) { /* the answer is there, and must be left to the call that waits for it */
		served->nr_drain += !qmp_drain(served->qmp, NULL);
		served->nr_busy += qmp_call(served->qmp, "x", NULL, NULL, NULL) == -EBUSY;
	}
	return 0;
}

/* A waiter that always says "ready", as a peer is that never stops talking: the deadline holds all the same. */
static int always_ready(void *arg, int fd, short events, int64_t deadline_ns, struct err *err)
{
	(void)arg, (void)fd, (void)events, (void)deadline_ns, (void)err;
	poll(NULL, 0, 1);
	return 0;
}

static void test_deadline(void **state)
{
	const struct exchange script[] = { FAKE_GREETING,
		                           FAKE_CAPABILITIES,
		                           { .expect = "go", .silent = true } };
	const struct qmp_waiter waiter = { always_ready, NULL };
	struct fake_qmp fake;
	struct qmp *qmp = NULL;

	(void)state;
	assert_int_equal(qmp_open(fake_qmp_start(&fake, script, 3), &waiter, LONG, &qmp, NULL), 0);
	qmp_set_timeout(qmp, SHORT);
	assert_int_equal(qmp_call(qmp, "go", NULL, NULL, NULL), -ETIMEDOUT);
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

static void test_waiter(void **state)
{
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "go", .delay_ms = 30, .reply = "{\"return\": {}}" },
		{ .expect = "on", .silent = true },
	};
	struct served served = { 0 };
	const struct qmp_waiter waiter = { serve, &served };
	struct fake_qmp fake;
	struct err err = { 0 };
	struct qmp *qmp = NULL;

	(void)state;
	assert_int_equal(qmp_open(fake_qmp_start(&fake, script, 4), &waiter, LONG, &qmp, NULL), 0);
	served.qmp = qmp;
	served.waits = 0;
	assert_int_equal(qmp_call(qmp, "go", NULL, NULL, NULL), 0);
	assert_true(served.waits >= 1);
	assert_int_equal(served.nr_drain, served.waits);
	assert_int_equal(served.nr_busy, served.waits);
	served.refuse = ECANCELED;
	assert_int_equal(qmp_call(qmp, "on", NULL, NULL, &err), -ECANCELED);
	assert_string_equal(err.text, "on: stopped by signal 2");
	assert_false(qmp_is_gone(qmp));
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

/* QEMU stopped, and its socket full: sending has the same deadline, and half a command ends it all. */
static void test_full_socket(void **state)
{
	const struct exchange script[] = { FAKE_GREETING, FAKE_CAPABILITIES, { .delay_ms = 2000 } };
	static char text[100000];
	struct err err = { 0 };
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, script, 3, LONG);
	int rc = -ETIMEDOUT;

	(void)state;
	qmp_set_timeout(qmp, 20 * MS);
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 100 && rc == -ETIMEDOUT && !qmp_is_gone(qmp); i++) {
		rc = qmp_call(qmp, "go", json_object_new_string(text), NULL, &err);
		assert_string_equal(err.text, "go: QEMU did not answer for 20ms");
	}
	assert_true(qmp_is_gone(qmp));
	assert_int_equal(qmp_call(qmp, "go", NULL, NULL, &err), -ECONNRESET);
	assert_string_equal(err.text, "go: QEMU took only half of the command 'go'");
	kill(fake.pid, SIGKILL);
	qmp_close(&qmp);
	fake_qmp_end(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),         cmocka_unit_test(test_event_name),
		cmocka_unit_test(test_event_deadline), cmocka_unit_test(test_event_heap),
		cmocka_unit_test(test_deadline),       cmocka_unit_test(test_waiter),
		cmocka_unit_test(test_full_socket),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp_events", tests, NULL, NULL);
}
