/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_wire.c - hostile bytes for both readers, the words and the job behind them.  The first byte picks the side
 * and how the rest is cut into reads.  What a reader lets through must be what a writer could have said.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "wire.h"

#define NONCE "0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static void try_words(const char *rest)
{
	char *text = strdup(rest);
	struct wire_words words;
	const char *after;
	struct job job;
	struct err err;
	uint64_t id;

	check(text != NULL);
	if (wire_id(rest, &id, &after) == 0)
		check(after > rest && after <= rest + strlen(rest));
	if (wire_words_parse(text, &words) == 0) {
		for (int i = 0; i < words.nr; i++)
			check(wire_word(&words, words.word[i].key) == words.word[i].value);
		if (job_parse(&words, &job, &err) == 0)
			check(job.threads >= 1 && job.iodepth >= 1 && job.duration_ns > 0);
	}
	free(text);
}

/* Said again, the message is the same line. */
static void try_again(const struct wire_message *message, const char *nonce)
{
	size_t size = strlen(message->kind) + strlen(message->rest) + 64;
	char *line = malloc(size);
	struct wire_reader reader;
	struct wire_message again;
	int len;

	check(line != NULL);
	len = wire_format(nonce, message->kind, message->rest, line, size);
	check(len > 0 || len == -EMSGSIZE);
	check(wire_reader_init(&reader, nonce) == 0);
	if (len > 0) {
		check(wire_feed(&reader, line, (size_t)len) == 0);
		check(wire_next(&reader, &again) == 1);
		check(!strcmp(again.kind, message->kind) && !strcmp(again.rest, message->rest));
	}
	wire_reader_done(&reader);
	free(line);
}

/* Also sealed properly, so that the fuzzer gets past the checksum. */
static void seal_and_feed(struct wire_reader *reader, const char *text)
{
	char line[4096];
	int len = wire_format(NONCE, "fail", text, line, sizeof(line));

	if (len > 0)
		check(wire_feed(reader, line, (size_t)len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *nonce = size && data[0] & 1 ? NONCE : NULL;
	size_t step = size ? (size_t)(data[0] >> 1) + 1 : 1, at = 1;
	struct wire_reader reader;
	struct wire_message message;
	char text[1024] = "";

	check(wire_reader_init(&reader, nonce) == 0);
	for (; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;

		check(wire_feed(&reader, data + at, n) == 0);
		while (wire_next(&reader, &message)) {
			try_words(message.rest);
			try_again(&message, nonce);
		}
		check(reader.room <= 2 * WIRE_LINE_MAX && reader.used <= reader.room);
	}
	if (size > 1)
		memcpy(text, data + 1, size - 1 < sizeof(text) - 1 ? size - 1 : sizeof(text) - 1);
	try_words(text);
	if (nonce) {
		seal_and_feed(&reader, text);
		while (wire_next(&reader, &message))
			try_words(message.rest);
	}
	wire_reader_done(&reader);
	return 0;
}
