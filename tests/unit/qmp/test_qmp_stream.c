/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes -> messages: the same whatever the pieces, and nothing past the bounds. */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "qmp_meet.h"
#include "qmp_stream.h"
#include "text.h"

#define OK(text, nr)                                                                               \
	{                                                                                          \
		text, sizeof(text) - 1, nr, NULL                                                   \
	}
#define BAD(text, nr, words)                                                                       \
	{                                                                                          \
		text, sizeof(text) - 1, nr, words                                                  \
	}

static const struct {
	const char *text;
	size_t len;
	int nr;            /* messages */
	const char *error; /* then, words of it */
} cases[] = {
	OK("", 0),
	OK("{}", 0), /* no newline yet */
	OK("{}\n", 1),
	OK("{}\r\n{}\r\n", 2),
	OK("\n\r\n \t \n{}\n\n{}\n", 2),
	OK("  {\"a\": [1, -2.5e3, true, null, \"x\"]}  \r\n", 1),
	OK("{\"a\": \"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"}\n", 1),
	OK("{\"a\": \"\\u00e9\\n\\\"}{][,\"}\n", 1),
	BAD("{\"a\": 1, \"a\": 2}\n", 0, "given twice"),
	OK("[[[[[[[[[[[[[[[", 0),
	BAD("{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}\n", 0, "too deep"),
	BAD("{}\n[]\n", 1, "no object"),
	BAD("[]\n", 0, "no object"),
	BAD("null\n", 0, ""),
	BAD("7\n", 0, "no object"),
	BAD("\"x\"\n", 0, "no object"),
	BAD("{}{}\n", 0, ""),
	BAD("{} x\n", 0, ""),
	BAD("{\"a\":\n", 0, "end of data"),
	BAD("{\"a\": 1}\n{\"a\": \"\n", 1, "end of data"),
	BAD("{\"a\": NaN}\n", 0, ""),
	BAD("{\"a\": -Infinity}\n", 0, ""),
	BAD("{\"a\": 1e999}\n", 0, "no valid JSON"),
	BAD("{'a': 1}\n", 0, ""),
	BAD("{\"a\": 1,}\n", 0, ""),
	BAD("{\"a\": TRUE}\n", 0, ""),
	BAD("/* x */{}\n", 0, ""),
	BAD("{\"a\": \"\0\"}\n", 0, "0x00"),
	BAD("{}\0\n", 0, "0x00"),
	OK("\0", 0),
	BAD("{\"a\": \"\x01\"}\n", 0, "0x01"),
	BAD("{\"a\": \"\t\"}\n", 0, "0x09"),
	BAD("\x1b[2J\n", 0, "0x1b"),
	BAD("{\"a\": \"\xff\"}\n", 0, "0xff"),
	BAD("{\"a\": \"\xc0\x80\"}\n", 0, "0xc0"),         /* overlong */
	BAD("{\"a\": \"\xe0\x80\x80\"}\n", 0, "0xe0"),     /* overlong */
	BAD("{\"a\": \"\xed\xa0\x80\"}\n", 0, "0xed"),     /* surrogate */
	BAD("{\"a\": \"\xf4\x90\x80\x80\"}\n", 0, "0xf4"), /* past U+10FFFF */
	BAD("{\"a\": \"\xc3\"}\n", 0, "0xc3"),             /* cut character */
	BAD("QEMU 7.2.22 monitor - type 'help'\n", 0, ""),
};

/* Feeds all in pieces; the count of messages, and err of the end (code 0: none). */
static int feed(struct qmp_stream *stream, const char *text, size_t len, size_t piece,
                struct err *err)
{
	int nr = 0;

	while (len) {
		size_t n = qmp_stream_feed(stream, text, len < piece ? len : piece);
		int rc;

		text += n;
		len -= n;
		do {
			struct json_object *message = NULL;
			size_t cost;

			rc = qmp_stream_next(stream, &message, &cost, err);
			if (rc < 0)
				return nr;
			nr += rc;
			assert_int_equal(rc, message != NULL);
			json_done(&message);
		} while (rc > 0);
	}
	return nr;
}

static void test_cases(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(pieces); i++) {
		size_t c = i / ARRAY_SIZE(pieces), piece = pieces[i % ARRAY_SIZE(pieces)];
		static struct qmp_stream stream;
		struct err err = { 0 };
		int nr;

		qmp_stream_init(&stream, -1);
		nr = feed(&stream, cases[c].text, cases[c].len, piece, &err);
		if (nr != cases[c].nr || !!err.code != !!cases[c].error ||
		    (cases[c].error && !strstr(err.text, cases[c].error)))
			fail_msg("case %zu in pieces of %zu: %d messages, '%s'", c, piece, nr,
			         err.text);
		if (cases[c].error)
			assert_int_equal(err.code, EPROTO);
		qmp_stream_done(&stream);
	}
}

static const struct {
	const char *name, *head, *body;
	size_t times;
	const char *tail;
	int nr;
	const char *error;
} floods[] = {
	{ "1 GB of newlines", "", "\r\n", 500000000, "{}\n", 1, NULL },
	{ "blank line without end", "", " ", 2000000, "", 0, "longer" },
	{ "line without end", "{\"a\": \"", "x", 2000000, "", 0, "longer" },
	{ "number without end", "{\"a\": ", "1", 2000000, "", 0, "longer" },
	{ "depth bomb", "{\"a\": ", "[", 1000000, "", 0, "too" },
	{ "object bomb", "{\"a\": ", "{\"a\":", 1000000, "", 0, "too" },
	{ "empty objects", "{\"a\": [0", ",{}", 340000, "]}\n", 0, "too many" },
	{ "empty arrays", "{\"a\": [0", ",[]", 340000, "]}\n", 0, "too many" },
	{ "numbers", "{\"a\": [0", ",1", 500000, "]}\n", 0, "too many" },
	{ "duplicate keys", "{\"a\": 1", ",\"a\":1", 160000, "}\n", 0, "given twice" },
	{ "as many numbers as allowed", "{\"a\": [0", ",1.5", 160000, "]}\n", 1, NULL },
	{ "as many objects as allowed", "{\"a\": [0", ",{\"a\":0}", 26000, "]}\n", 1, NULL },
	{ "as many arrays as allowed", "{\"a\": [0", ",[0]", 26000, "]}\n", 1, NULL },
	{ "a message of 1 MiB", "{\"a\": \"", "x", QMP_LINE_MAX - 9, "\"}\n", 1, NULL },
	{ "and one byte more", "{\"a\": \"", "x", QMP_LINE_MAX - 8, "\"}\n", 0, "longer" },
	{ "the schema's size", "{\"return\": [0", ",{\"name\":\"xxxxxxxxxxxxxxxxxxxxxx\"}", 5900,
	  "]}\n", 1, NULL },
	{ "10,000 events", "", "{\"event\": \"A\", \"data\": {}}\n", 10000, "", 10000, NULL },
};

static void test_floods(void **state)
{
	static char block[65536];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(floods); i++) {
		static struct qmp_stream stream;
		size_t one = strlen(floods[i].body), per = sizeof(block) / one;
		struct err err = { 0 };
		int nr;

		for (size_t k = 0; k < per; k++)
			memcpy(block + k * one, floods[i].body, one);
		qmp_stream_init(&stream, -1);
		nr = feed(&stream, floods[i].head, strlen(floods[i].head), SIZE_MAX, &err);
		for (size_t left = floods[i].times; left && !err.code;
		     left -= left < per ? left : per)
			nr += feed(&stream, block, one * (left < per ? left : per), SIZE_MAX, &err);
		if (!err.code)
			nr += feed(&stream, floods[i].tail, strlen(floods[i].tail), SIZE_MAX, &err);
		qmp_stream_done(&stream);
		print_message("# %s: peak %ld MiB\n", floods[i].name, peak_kib() / 1024);
		if (nr != floods[i].nr || !!err.code != !!floods[i].error ||
		    (floods[i].error && !strstr(err.text, floods[i].error)))
			fail_msg("%s: %d messages, '%s'", floods[i].name, nr, err.text);
		assert_true(peak_kib() < PEAK_MAX_KIB);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_floods),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp_stream", tests, NULL, NULL);
}
