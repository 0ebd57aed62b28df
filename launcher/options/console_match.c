/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console_match.c - a line that grows, and a regular expression.  Knows no console. */
#include "console_match.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>

#define ESCAPE 0x1b

enum in { IN_TEXT, IN_ESCAPE, IN_SEQUENCE };

struct console_match {
	regex_t pattern;
	bool has_matched;
	enum in in;
	size_t len;
	char line[CONSOLE_LINE_MAX + 1];
};

int console_match_new(const char *pattern, struct console_match **ret, struct err *err)
{
	struct console_match *match = calloc(1, sizeof(*match));
	char why[160];
	int rc;

	if (!match)
		return err_set(err, ENOMEM, "out of memory");
	rc = regcomp(&match->pattern, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc) {
		regerror(rc, &match->pattern, why, sizeof(why));
		free(match);
		return err_set(err, EINVAL, "'%.64s' is no regular expression: %s", pattern, why);
	}
	*ret = match;
	return 0;
}

static void look(struct console_match *match)
{
	match->line[match->len] = '\0';
	match->has_matched = match->len && !regexec(&match->pattern, match->line, 0, NULL, 0);
}

/* "ESC [ ... letter" is a sequence of any length, every other one has a single character. */
static void feed_escape(struct console_match *match, char c)
{
	if (match->in == IN_ESCAPE)
		match->in = c == '[' ? IN_SEQUENCE : IN_TEXT;
	else if (c >= '@' && c <= '~')
		match->in = IN_TEXT;
}

static void feed(struct console_match *match, char c)
{
	if (match->in != IN_TEXT) {
		feed_escape(match, c);
	} else if (c == ESCAPE) {
		match->in = IN_ESCAPE;
	} else if (c == '\n' || c == '\r') {
		look(match);
		match->len = match->has_matched ? match->len : 0;
	} else if (match->len < CONSOLE_LINE_MAX && (unsigned char)c >= ' ') {
		match->line[match->len++] = c;
	}
}

void console_match_feed(struct console_match *match, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && !match->has_matched; i++)
		feed(match, bytes[i]);
	if (!match->has_matched)
		look(match);
}

const char *console_match_line(const struct console_match *match)
{
	return match->has_matched ? match->line : NULL;
}

void console_match_free(struct console_match **at)
{
	if (*at)
		regfree(&(*at)->pattern);
	free(*at);
	*at = NULL;
}
