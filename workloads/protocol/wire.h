/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - the words of the one protocol between the host and qload, both directions, pure.
 *
 * host -> qload, text:  "prepare id=7 workload=randrw threads=1 duration_ns=... ", "warm id=7", "go id=7", "bye"
 * qload -> host:        "NONCE CRC32 KIND ...": 16 hex, 8 hex (zlib's CRC-32 of all after the second space), then
 *                       "hello proto=1 ...", "parked id=7 tids=1,2", "ready id=7", "done id=7", "result id=7 {...}",
 *                       "fail id=7 sentence" (the trial cannot run; qload waits for the next prepare)
 * Lines end in one newline, which counts, have at most WIRE_LINE_MAX bytes and no control byte (a sentence from a
 * guest may end on a terminal).  Kinds are lower-case letters.  Anything else is counted and dropped.
 */
#ifndef WORKLOADS_WIRE_H
#define WORKLOADS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define WIRE_LINE_MAX    (1024 * 1024)
#define WIRE_NONCE_CHARS 16
#define WIRE_PROTO       1
#define WIRE_KEYS_MAX    64

/* A reader: bytes in, whole good messages out.  Bounded; owns its buffer. */
struct wire_reader {
	char nonce[WIRE_NONCE_CHARS + 1]; /* "" on qload's side: the host's lines carry none */
	char *buf;
	size_t used, room, taken;
	size_t tail; /* bytes of the line that has no newline yet */
	uint64_t dropped_lines, dropped_bytes;
	bool skipping; /* inside a line that is too long */
};

/* One message: kind and the rest, both inside the reader's buffer until the next call. */
struct wire_message {
	const char *kind;
	const char *rest; /* "" where nothing follows */
};

/* key=value words of a line, in place. */
struct wire_words {
	int nr;
	struct {
		const char *key, *value;
	} word[WIRE_KEYS_MAX];
};

int wire_reader_init(struct wire_reader *reader, const char *nonce /* or NULL */) MUST_CHECK;
void wire_reader_done(struct wire_reader *reader);
/* Feeds bytes; -ENOMEM only. */
int wire_feed(struct wire_reader *reader, const void *bytes, size_t len) MUST_CHECK;
/* 1: a message; 0: feed more. */
int wire_next(struct wire_reader *reader, struct wire_message *ret);

/* "NONCE CRC KIND rest\n" into buf, or "KIND rest\n" where nonce is NULL (the host's side); the length, or
 * -EMSGSIZE; -EINVAL for a byte that the other side would drop. */
int wire_format(const char *nonce, const char *kind, const char *rest, char *buf, size_t size)
        MUST_CHECK;
/* Splits "k=v k=v" (text is cut up); -E2BIG, -EINVAL for a word without '='. */
int wire_words_parse(char *text, struct wire_words *ret) MUST_CHECK;
const char *wire_word(const struct wire_words *words, const char *key); /* or NULL */
/* Most messages start with "id=N": takes it, *after is what follows it ("" or after the space).  -EINVAL. */
int wire_id(const char *rest, uint64_t *ret, const char **after) MUST_CHECK;
uint32_t wire_crc32(const void *bytes, size_t len);

#endif
