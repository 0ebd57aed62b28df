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

/* instead: how the character is written where it is not written as itself, else NULL. */
static void write_characters(FILE *out, const char *text, size_t len,
                             const char *(*instead)(unsigned char c))
{
	const char *at = text, *end = at + len;

	while (at < end) {
		uint32_t c;
		int n = utf8_read(at, (size_t)(end - at), &c);
		const char *other = n > 0 ? instead((unsigned char)*at) : REPLACEMENT;

		if (other)
			fputs(other, out);
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
	write_characters(out, text, strlen(text), in_html);
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
	write_characters(out, text, strlen(text), in_json);
	fputc('"', out);
}

void html_out_json(FILE *out, const char *text, size_t len)
{
	write_characters(out, text, len, in_script);
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
