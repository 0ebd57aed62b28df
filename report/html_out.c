/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_out.c - byte by byte: the few that mean something to HTML are written in another way. */
#include "html_out.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Length of the character at `at`, 0 where it is no UTF-8 (RFC 3629: no overlong form, no surrogate). */
static size_t utf8_len(const unsigned char *at, size_t left)
{
	size_t len = at[0] < 0x80                     ? 1
	             : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
	             : (at[0] & 0xf0) == 0xe0         ? 3
	             : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
	                                              : 0;

	if (!len || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

/* instead: how the character is written where it is not written as itself, else NULL. */
static void write_characters(FILE *out, const char *text, size_t len,
                             const char *(*instead)(unsigned char c))
{
	const unsigned char *at = (const unsigned char *)text, *end = at + len;

	while (at < end) {
		size_t n = utf8_len(at, (size_t)(end - at));
		const char *other = n ? instead(*at) : REPLACEMENT;

		if (other)
			fputs(other, out);
		else
			fwrite(at, 1, n, out);
		at += n ? n : 1;
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
