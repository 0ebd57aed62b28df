/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_agent.c - a guest agent that answers, and guests that send anything else. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent.h"
#include "cleanup.h"
#include "pump.h"
#include "text.h"

#define LONG_NS (60 * NSEC_PER_SEC) /* only a hang reaches it */

struct room {
	struct pump *pump;
	struct agent *agent;
	int guest; /* the port, as the guest has it */
};

static int enter(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	struct err err = { 0 };
	int pair[2];

	*state = room;
	if (!room || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	room->guest = pair[1];
	return pump_open(&room->pump, &err) || agent_open(room->pump, pair[0], &room->agent, &err);
}

static int leave(void **state)
{
	struct room *room = *state;

	agent_close(&room->agent);
	pump_close(&room->pump);
	close(room->guest);
	free(room);
	return 0;
}

static bool has_answered(const void *arg)
{
	return agent_has_answered(arg);
}

static bool has_left(const void *arg)
{
	char why[200];

	agent_explain(arg, why, sizeof(why));
	return strstr(why, "(70000 bytes)");
}

/* What the agent reads; returns the id. */
static uint64_t take_request(struct room *room)
{
	char text[200] = "", *id;
	ssize_t n = recv(room->guest, text, sizeof(text) - 1, MSG_DONTWAIT);

	assert_true(n > 0);
	assert_int_equal((unsigned char)text[0], 0xff);
	assert_int_equal(text[n - 1], '\n');
	assert_memory_equal(text + 1, "{\"execute\":\"guest-sync-delimited\",", 34);
	id = strstr(text, "\"id\":");
	assert_non_null(id);
	return strtoull(id + 5, NULL, 10);
}

/* # stands for the id. */
static void say(struct room *room, const char *text, uint64_t id)
{
	const char *hash = strchr(text, '#');

	if (!hash)
		assert_true(dprintf(room->guest, "%s", text) > 0);
	else
		assert_true(dprintf(room->guest, "%.*s%" PRIu64 "%s", (int)(hash - text), text, id,
		                    hash + 1) > 0);
}

static int serve(struct room *room, int64_t ns)
{
	struct err err = { 0 };

	return pump_until(room->pump, has_answered, room->agent, clock_now_ns() + ns, &err);
}

static void an_answer_is_taken(void **state)
{
	struct room *room = *state;

	say(room, "\xff{\"return\": #}\n", take_request(room));
	assert_int_equal(serve(room, LONG_NS), 0);
}

/* One request at a time: a guest that takes minutes to boot finds one. */
static void an_unread_request_is_not_repeated(void **state)
{
	struct room *room = *state;
	uint64_t id;

	for (int i = 0; i < 1000; i++)
		agent_ask(room->agent);
	id = take_request(room);
	assert_int_equal(recv(room->guest, &(char){ 0 }, 1, MSG_DONTWAIT), -1);
	agent_ask(room->agent); /* the first one was lost with the guest's reset */
	assert_int_equal(take_request(room), id);
}

static void nothing_else_is_an_answer(void **state)
{
	static const char *const lies[] = {
		"{\"return\": #}\n", /* without the delimiter: it may answer an older request */
		"\xff{\"return\": 1#}\n",
		"\xff{\"return\": \"#\"}\n",
		"\xff{\"return\": #.0}\n",
		"\xff{\"return\": {\"return\": #}}\n",
		"\xff{\"return\": #, \"return\": 1}\n",
		"\xff[#]\n",
		"\xff#\n",
		"\xff\n#",
		"\xff{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"#\"}}\n",
		"\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":#}}\n",
		"\xff{\"return\": #} x\n",
		"\xff[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[#\n",
	};
	struct room *room = *state;
	uint64_t id;

	id = take_request(room);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		say(room, lies[i], id);
		assert_int_equal(serve(room, NSEC_PER_SEC / 100), -ETIMEDOUT);
	}
	say(room, "half\xff\xff{\"return\"", 0);
	say(room, ":#}\r\n", id);
	assert_int_equal(serve(room, LONG_NS), 0);
}

/* More than a buffer has, without an end of line; then the answer all the same. */
static void a_flood_is_dropped(void **state)
{
	struct room *room = *state;
	struct err err = { 0 };
	char many[70000];
	char why[200];
	uint64_t id;

	id = take_request(room);
	memset(many, '{', sizeof(many));
	many[0] = '\xff';
	assert_int_equal(write(room->guest, many, sizeof(many)), sizeof(many));
	assert_int_equal(
	        pump_until(room->pump, has_left, room->agent, clock_now_ns() + LONG_NS, &err), 0);
	assert_false(agent_has_answered(room->agent));
	agent_explain(room->agent, why, sizeof(why));
	assert_non_null(strstr(why, "had no valid answer"));
	say(room, "\n\xff{\"return\": #}\n", id);
	assert_int_equal(serve(room, LONG_NS), 0);
}

/* The end of the port is no answer and no error: QEMU's own end is found elsewhere. */
static void a_closed_port_ends_nothing(void **state)
{
	struct room *room = *state;

	shutdown(room->guest, SHUT_RDWR);
	assert_int_equal(serve(room, NSEC_PER_SEC / 100), -ETIMEDOUT);
	agent_ask(room->agent);
	assert_false(agent_has_answered(room->agent));
}

static void silence_is_explained(void **state)
{
	struct room *room = *state;
	char why[200];

	agent_explain(room->agent, why, sizeof(why));
	assert_non_null(strstr(why, "nothing in the guest read org.qemu.guest_agent.0"));
	take_request(room);
	agent_explain(room->agent, why, sizeof(why));
	assert_non_null(strstr(why, "and sent nothing"));
	assert_false(agent_has_answered(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_is_taken, enter, leave),
		cmocka_unit_test_setup_teardown(an_unread_request_is_not_repeated, enter, leave),
		cmocka_unit_test_setup_teardown(nothing_else_is_an_answer, enter, leave),
		cmocka_unit_test_setup_teardown(a_flood_is_dropped, enter, leave),
		cmocka_unit_test_setup_teardown(a_closed_port_ends_nothing, enter, leave),
		cmocka_unit_test_setup_teardown(silence_is_explained, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
