/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_wire.c - the protocol's words in both directions, good and hostile. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

#define NONCE "0123456789abcdef"

static void test_crc(void **state)
{
	(void)state;
	assert_int_equal(wire_crc32("", 0), 0);
	assert_int_equal(wire_crc32("123456789", 9), 0xcbf43926); /* the check value of CRC-32 */
}

static void test_round_trip(void **state)
{
	struct wire_reader reader;
	struct wire_message message;
	char line[128];
	int len;

	(void)state;
	assert_int_equal(wire_reader_init(&reader, NONCE), 0);
	len = wire_format(NONCE, "fail", "id=7 no such thing", line, sizeof(line));
	assert_true(len > 0);
	assert_int_equal(line[len - 1], '\n');
	for (int i = 0; i < len; i++) {
		assert_int_equal(wire_next(&reader, &message), 0);
		assert_int_equal(wire_feed(&reader, line + i, 1), 0);
	}
	assert_int_equal(wire_next(&reader, &message), 1);
	assert_string_equal(message.kind, "fail");
	assert_string_equal(message.rest, "id=7 no such thing");
	assert_int_equal(wire_next(&reader, &message), 0);
	assert_int_equal(reader.dropped_lines, 0);
	wire_reader_done(&reader);
}

static void test_host_lines(void **state)
{
	static const char text[] = "warm id=7\nbye\n";
	struct wire_reader reader;
	struct wire_message message;
	char line[64];

	(void)state;
	assert_int_equal(wire_format(NULL, "warm", "id=7", line, sizeof(line)), 10);
	assert_string_equal(line, "warm id=7\n");
	assert_int_equal(wire_reader_init(&reader, NULL), 0);
	assert_int_equal(wire_feed(&reader, text, strlen(text)), 0);
	assert_int_equal(wire_next(&reader, &message), 1);
	assert_string_equal(message.kind, "warm");
	assert_string_equal(message.rest, "id=7");
	assert_int_equal(wire_next(&reader, &message), 1);
	assert_string_equal(message.kind, "bye");
	assert_string_equal(message.rest, "");
	assert_int_equal(wire_next(&reader, &message), 0);
	wire_reader_done(&reader);
}

/* Each is dropped and counted, and the good line behind it still arrives. */
static void test_dropped(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
#define BAD(text) { text, sizeof(text) - 1 }
		BAD("\n"),
		BAD("ready id=7\n"),
		BAD("0123456789abcdef\n"),
		BAD("0123456789abcdef deadbeef \n"),
		BAD("0123456789abcdef deadbeef ready id=7\n"),
		BAD("0123456789ABCDEF 00000000 ready id=7\n"),
		BAD("fedcba9876543210 00000000 ready id=7\n"),
		BAD("0123456789abcdef  \0 ready\n"),
		BAD("[    0.1] kernel chatter\r\n"),
#undef BAD
	};
	char good[64];
	int len = wire_format(NONCE, "ready", "id=7", good, sizeof(good));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct wire_reader reader;
		struct wire_message message;

		assert_int_equal(wire_reader_init(&reader, NONCE), 0);
		assert_int_equal(wire_feed(&reader, bad[i].bytes, bad[i].len), 0);
		assert_int_equal(wire_feed(&reader, good, (size_t)len), 0);
		assert_int_equal(wire_next(&reader, &message), 1);
		assert_string_equal(message.kind, "ready");
		assert_int_equal(reader.dropped_lines, 1);
		assert_int_equal(reader.dropped_bytes, bad[i].len);
		wire_reader_done(&reader);
	}
}

/* Every single-byte change of a sealed line is noticed. */
static void test_flips(void **state)
{
	char good[64], line[64];
	int len = wire_format(NONCE, "done", "id=12", good, sizeof(good));

	(void)state;
	for (int i = 0; i < len - 1; i++) {
		struct wire_reader reader;
		struct wire_message message;

		memcpy(line, good, sizeof(line));
		line[i] ^= 1;
		assert_int_equal(wire_reader_init(&reader, NONCE), 0);
		assert_int_equal(wire_feed(&reader, line, (size_t)len), 0);
		assert_int_equal(wire_next(&reader, &message), 0);
		assert_int_equal(reader.dropped_bytes, len);
		wire_reader_done(&reader);
	}
}

static void test_bounded(void **state)
{
	static char chunk[64 * 1024];
	struct wire_reader reader;
	struct wire_message message;

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	assert_int_equal(wire_reader_init(&reader, NULL), 0);
	for (int i = 0; i < 512; i++) { /* 32 MiB without a newline */
		assert_int_equal(wire_feed(&reader, chunk, sizeof(chunk)), 0);
		assert_int_equal(wire_next(&reader, &message), 0);
	}
	assert_true(reader.room <= 2 * WIRE_LINE_MAX);
	assert_int_equal(reader.dropped_lines, 1);
	assert_int_equal(wire_feed(&reader, "\nbye\n", 5), 0);
	assert_int_equal(wire_next(&reader, &message), 1);
	assert_string_equal(message.kind, "bye");
	assert_int_equal(reader.dropped_bytes, 512 * sizeof(chunk) + 1);
	wire_reader_done(&reader);
}

/* The longest line passes, one byte more does not: on both sides of the seam. */
static void test_longest(void **state)
{
	const size_t overhead = WIRE_NONCE_CHARS + 1 + 8 + 1 + strlen("result ") + 1;
	char *rest = malloc(WIRE_LINE_MAX), *line = malloc(WIRE_LINE_MAX + 1);
	struct wire_reader reader;
	struct wire_message message;
	int len;

	(void)state;
	assert_non_null(rest);
	assert_non_null(line);
	memset(rest, 'y', WIRE_LINE_MAX);
	rest[WIRE_LINE_MAX - overhead + 1] = '\0';
	assert_int_equal(wire_format(NONCE, "result", rest, line, WIRE_LINE_MAX + 1), -EMSGSIZE);
	rest[WIRE_LINE_MAX - overhead] = '\0';
	assert_int_equal(wire_format(NONCE, "result", rest, line, WIRE_LINE_MAX), -EMSGSIZE);
	len = wire_format(NONCE, "result", rest, line, WIRE_LINE_MAX + 1);
	assert_int_equal(len, WIRE_LINE_MAX);
	assert_int_equal(wire_reader_init(&reader, NONCE), 0);
	assert_int_equal(wire_feed(&reader, line, (size_t)len), 0);
	assert_int_equal(wire_next(&reader, &message), 1);
	assert_int_equal(strlen(message.rest), WIRE_LINE_MAX - overhead);
	wire_reader_done(&reader);
	free(rest);
	free(line);
}

static void test_format_refuses(void **state)
{
	struct wire_reader reader;
	char line[64];

	(void)state;
	assert_int_equal(wire_format(NONCE, "", "x", line, sizeof(line)), -EINVAL);
	assert_int_equal(wire_format(NONCE, "Fail", "x", line, sizeof(line)), -EINVAL);
	assert_int_equal(wire_format(NONCE, "fail", "a\nb", line, sizeof(line)), -EINVAL);
	assert_int_equal(wire_format(NONCE, "fail", "\033[2J", line, sizeof(line)), -EINVAL);
	assert_int_equal(wire_format("short", "fail", "x", line, sizeof(line)), -EINVAL);
	assert_int_equal(wire_format(NONCE, "fail", "x", line, 10), -EMSGSIZE);
	assert_int_equal(wire_reader_init(&reader, "0123"), -EINVAL);
	assert_int_equal(wire_reader_init(&reader, "0123456789abcdeg"), -EINVAL);
}

static void test_words(void **state)
{
	static const char *const bad[] = { "id", "id=1 =2", "a=1 a=2", "a=1 b" };
	struct wire_words words = { 0 };
	char text[256] = "id=7  workload=randrw pin= text=a=b ";
	char many[WIRE_KEYS_MAX * 8 + 16];
	int len = 0;

	(void)state;
	assert_int_equal(wire_words_parse(text, &words), 0);
	assert_int_equal(words.nr, 4);
	assert_string_equal(wire_word(&words, "id"), "7");
	assert_string_equal(wire_word(&words, "pin"), "");
	assert_string_equal(wire_word(&words, "text"), "a=b");
	assert_null(wire_word(&words, "work"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "%s", bad[i]);
		assert_int_equal(wire_words_parse(text, &words), -EINVAL);
		assert_int_equal(words.nr, 4);
	}
	for (int i = 0; i <= WIRE_KEYS_MAX; i++)
		len += snprintf(many + len, sizeof(many) - (size_t)len, "k%d=1 ", i);
	assert_int_equal(wire_words_parse(many, &words), -E2BIG);
	text[0] = '\0';
	assert_int_equal(wire_words_parse(text, &words), 0);
	assert_int_equal(words.nr, 0);
}

static void test_id(void **state)
{
	static const char *const bad[] = { "",
		                           "id",
		                           "id=",
		                           "id=x",
		                           "id=-1",
		                           "7",
		                           "id=18446744073709551616",
		                           "id=1111111111111111111111111" };
	const char *after;
	uint64_t id = 0;

	(void)state;
	assert_int_equal(wire_id("id=7 {\"a\": 1}", &id, &after), 0);
	assert_int_equal(id, 7);
	assert_string_equal(after, "{\"a\": 1}");
	assert_int_equal(wire_id("id=8", &id, &after), 0);
	assert_int_equal(id, 8);
	assert_string_equal(after, "");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(wire_id(bad[i], &id, &after), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),        cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_host_lines), cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_flips),      cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_longest),    cmocka_unit_test(test_format_refuses),
		cmocka_unit_test(test_words),      cmocka_unit_test(test_id),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
