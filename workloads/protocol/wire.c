/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.c - lines in, lines out; trusts nobody.  Reads and writes no descriptor. */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define CRC_CHARS 8

int wire_reader_init(struct wire_reader *reader, const char *nonce)
{
	memset(reader, 0, sizeof(*reader));
	if (!nonce)
		return 0;
	if (strlen(nonce) != WIRE_NONCE_CHARS ||
	    strspn(nonce, "0123456789abcdef") != WIRE_NONCE_CHARS)
		return -EINVAL;
	memcpy(reader->nonce, nonce, sizeof(reader->nonce));
	return 0;
}

void wire_reader_done(struct wire_reader *reader)
{
	free(reader->buf);
	memset(reader, 0, sizeof(*reader));
}

static void compact(struct wire_reader *reader)
{
	if (!reader->taken)
		return;
	memmove(reader->buf, reader->buf + reader->taken, reader->used - reader->taken);
	reader->used -= reader->taken;
	reader->taken = 0;
}

static int append(struct wire_reader *reader, const char *bytes, size_t len)
{
	size_t want = reader->used + len, room = reader->room ? reader->room : 4096;
	char *buf;

	while (room < want)
		room *= 2;
	if (room != reader->room) {
		buf = realloc(reader->buf, room);
		if (!buf)
			return -ENOMEM;
		reader->buf = buf;
		reader->room = room;
	}
	memcpy(reader->buf + reader->used, bytes, len);
	reader->used = want;
	return 0;
}

/* A piece of one line; a line that outgrows the maximum is forgotten here, so it never takes memory. */
static int feed_piece(struct wire_reader *reader, const char *bytes, size_t len, bool ends)
{
	int rc = 0;

	if (reader->skipping) {
		reader->dropped_bytes += len;
		reader->skipping = !ends;
		return 0;
	}
	if (reader->tail + len > WIRE_LINE_MAX) {
		reader->dropped_lines++;
		reader->dropped_bytes += reader->tail + len;
		reader->used -= reader->tail;
		reader->tail = 0;
		reader->skipping = !ends;
		return 0;
	}
	rc = append(reader, bytes, len);
	if (!rc)
		reader->tail = ends ? 0 : reader->tail + len;
	return rc;
}

int wire_feed(struct wire_reader *reader, const void *bytes, size_t len)
{
	const char *at = bytes, *end = at + len, *newline;
	int rc = 0;

	if (!len)
		return 0;
	compact(reader);
	for (; at < end && !rc; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			return feed_piece(reader, at, (size_t)(end - at), false);
		rc = feed_piece(reader, at, (size_t)(newline + 1 - at), true);
	}
	return rc;
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return true;
	}
	return false;
}

/* Nonce and checksum, exactly as wire_format writes them; returns what follows, or NULL. */
static char *unseal(const char *nonce, char *line, size_t len)
{
	char *body = line + WIRE_NONCE_CHARS + 1 + CRC_CHARS + 1;
	char crc[CRC_CHARS + 1];

	if (line + len <= body || memcmp(line, nonce, WIRE_NONCE_CHARS) ||
	    line[WIRE_NONCE_CHARS] != ' ' || body[-1] != ' ')
		return NULL;
	snprintf(crc, sizeof(crc), "%08x", wire_crc32(body, (size_t)(line + len - body)));
	return memcmp(crc, body - 1 - CRC_CHARS, CRC_CHARS) ? NULL : body;
}

/* line ends in a NUL where its newline was. */
static bool take_line(struct wire_reader *reader, char *line, size_t len, struct wire_message *ret)
{
	char *body = line;
	size_t kind;

	if (has_control(line, len))
		return false;
	if (reader->nonce[0])
		body = unseal(reader->nonce, line, len);
	if (!body)
		return false;
	kind = strspn(body, "abcdefghijklmnopqrstuvwxyz");
	if (!kind || (body[kind] && body[kind] != ' '))
		return false;
	ret->kind = body;
	ret->rest = body[kind] ? body + kind + 1 : body + kind;
	body[kind] = '\0';
	return true;
}

int wire_next(struct wire_reader *reader, struct wire_message *ret)
{
	while (reader->used - reader->tail > reader->taken) {
		char *line = reader->buf + reader->taken;
		size_t whole = reader->used - reader->tail - reader->taken;
		char *newline = memchr(line, '\n', whole);
		size_t len = (size_t)(newline - line);

		*newline = '\0';
		reader->taken += len + 1;
		if (take_line(reader, line, len, ret))
			return 1;
		reader->dropped_lines++;
		reader->dropped_bytes += len + 1;
	}
	return 0;
}

int wire_format(const char *nonce, const char *kind, const char *rest, char *buf, size_t size)
{
	size_t head = nonce ? WIRE_NONCE_CHARS + 1 + CRC_CHARS + 1 : 0;
	size_t kind_len = strlen(kind), rest_len = rest ? strlen(rest) : 0;
	size_t body = kind_len + (rest_len ? 1 + rest_len : 0);
	char crc[CRC_CHARS + 1];

	if (head + body + 1 > WIRE_LINE_MAX || head + body + 2 > size)
		return -EMSGSIZE;
	if (!kind_len || strspn(kind, "abcdefghijklmnopqrstuvwxyz") != kind_len ||
	    has_control(rest ? rest : "", rest_len) || (nonce && strlen(nonce) != WIRE_NONCE_CHARS))
		return -EINVAL;
	memcpy(buf + head, kind, kind_len);
	if (rest_len) {
		buf[head + kind_len] = ' ';
		memcpy(buf + head + kind_len + 1, rest, rest_len);
	}
	if (nonce) {
		snprintf(crc, sizeof(crc), "%08x", wire_crc32(buf + head, body));
		memcpy(buf, nonce, WIRE_NONCE_CHARS);
		buf[WIRE_NONCE_CHARS] = ' ';
		memcpy(buf + WIRE_NONCE_CHARS + 1, crc, CRC_CHARS);
		buf[head - 1] = ' ';
	}
	memcpy(buf + head + body, "\n", 2);
	return (int)(head + body + 1);
}

int wire_words_parse(char *text, struct wire_words *ret)
{
	struct wire_words words = { 0 };
	char *state = NULL;

	for (char *word = strtok_r(text, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
		char *equals = strchr(word, '=');

		if (words.nr == WIRE_KEYS_MAX)
			return -E2BIG;
		if (!equals || equals == word)
			return -EINVAL;
		*equals = '\0';
		if (wire_word(&words, word))
			return -EINVAL; /* said twice: which one is meant? */
		words.word[words.nr].key = word;
		words.word[words.nr].value = equals + 1;
		words.nr++;
	}
	*ret = words;
	return 0;
}

const char *wire_word(const struct wire_words *words, const char *key)
{
	for (int i = 0; i < words->nr; i++) {
		if (!strcmp(words->word[i].key, key))
			return words->word[i].value;
	}
	return NULL;
}

int wire_id(const char *rest, uint64_t *ret, const char **after)
{
	size_t len = strcspn(rest, " ");
	char digits[24];

	if (strncmp(rest, "id=", 3) != 0 || len - 3 >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, rest + 3, len - 3);
	digits[len - 3] = '\0';
	if (text_parse_u64(digits, 0, UINT64_MAX, ret, NULL) < 0)
		return -EINVAL;
	*after = rest[len] ? rest + len + 1 : rest + len;
	return 0;
}

uint32_t wire_crc32(const void *bytes, size_t len)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const unsigned char *at = bytes;
	uint32_t crc = ~0u;

	for (; len; len--, at++) {
		crc = nibble[(crc ^ *at) & 15] ^ (crc >> 4);
		crc = nibble[(crc ^ (*at >> 4)) & 15] ^ (crc >> 4);
	}
	return ~crc;
}
