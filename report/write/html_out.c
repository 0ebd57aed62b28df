/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_out.c - byte by byte: the few that mean something to HTML are written in another way. */
#include "html_out.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

static void put_replacement(FILE *out, uint32_t c)
{
	(void)c;
	fputs(REPLACEMENT, out);
}

static void put_escape(FILE *out, uint32_t c)
{
	fprintf(out, "\\u%04x", c);
}

/* instead: how an ASCII character is written where it is not written as itself, else NULL; put_other: one that a terminal
 * or a browser would obey (C1, direction controls). */
static void write_characters(FILE *out, const char *text, size_t len,
                             const char *(*instead)(unsigned char c),
                             void (*put_other)(FILE *, uint32_t))
{
	const char *at = text, *end = at + len;

	while (at < end) {
		uint32_t c;
		int n = utf8_read(at, (size_t)(end - at), &c);
		const char *other = n == 1 ? instead((unsigned char)*at) : NULL;

		if (n < 0)
			fputs(REPLACEMENT, out);
		else if (other)
			fputs(other, out);
		else if (n > 1 && !utf8_is_plain(c))
			put_other(out, c);
		else
			fwrite(at, 1, (size_t)n, out);
		at += n > 0 ? n : 1;
	}
}

static const char *in_html(unsigned char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return c < ' ' || c == 0x7f ? " " : NULL;
	}
}

void html_out_text(FILE *out, const char *text)
{
	write_characters(out, text, strlen(text), in_html, put_replacement);
}

/* Of JSON's own characters none is among these, so that whole JSON can go through as well. */
static const char *in_script(unsigned char c)
{
	switch (c) {
	case '<':
		return "\\u003c";
	case '>':
		return "\\u003e";
	case '&':
		return "\\u0026";
	case 0x7f:
		return "\\u007f";
	default:
		return NULL;
	}
}

static const char *in_json(unsigned char c)
{
	static const char control[32][7] = {
		"\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006",
		"\\u0007", "\\b",     "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",
		"\\u000e", "\\u000f", "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014",
		"\\u0015", "\\u0016", "\\u0017", "\\u0018", "\\u0019", "\\u001a", "\\u001b",
		"\\u001c", "\\u001d", "\\u001e", "\\u001f",
	};

	if (c < ' ')
		return control[c];
	return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : in_script(c);
}

void html_out_json_text(FILE *out, const char *text)
{
	fputc('"', out);
	write_characters(out, text, strlen(text), in_json, put_escape);
	fputc('"', out);
}

void html_out_json(FILE *out, const char *text, size_t len)
{
	write_characters(out, text, len, in_script, put_escape);
}

void html_out_number(FILE *out, double value)
{
	if (isfinite(value))
		fprintf(out, "%.7g", value);
	else
		fputs("null", out);
}

static bool starts(const char *at, size_t left, const char *word)
{
	size_t len = strlen(word);

	return left >= len && !strncasecmp(at, word, len);
}

void html_out_script(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		fputc(text[i], out);
		if (starts(text + i, len - i, "</script") || starts(text + i, len - i, "<!--"))
			fputc('\\', out);
	}
}
