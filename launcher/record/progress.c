/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.c - stderr for people.  The one place besides main.c and the answers on stdout that prints. */
#include "progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define LINE_MAX_CHARS 400

/* "\r", clear to the end of the line. */
static const char clear_line[] = "\r\033[K";

static void print(const char *before, const char *after, const char *fmt, va_list args)
        PRINTF(3, 0);

static void print(const char *before, const char *after, const char *fmt, va_list args)
{
	char text[LINE_MAX_CHARS];

	vsnprintf(text, sizeof(text), fmt, args);
	text_make_plain(text); /* names and reasons are foreign bytes */
	fprintf(stderr, "%s%s%s", before, text, after);
	fflush(stderr);
}

void progress_clear(void)
{
	if (isatty(STDERR_FILENO))
		fputs(clear_line, stderr);
}

void progress_say(int verbose, const char *fmt, ...)
{
	va_list args;

	if (verbose < 0)
		return;
	va_start(args, fmt);
	print(isatty(STDERR_FILENO) ? clear_line : "", "\n", fmt, args);
	va_end(args);
}

void progress_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(isatty(STDERR_FILENO) ? "\r\033[Kqlaunch: " : "qlaunch: ", "\n", fmt, args);
	va_end(args);
}

void progress_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(isatty(STDERR_FILENO) ? "\r\033[Kqlaunch: warning: " : "qlaunch: warning: ", "\n",
	      fmt, args);
	va_end(args);
}

void progress_show(int verbose, int milestone, const char *fmt, ...)
{
	bool terminal = isatty(STDERR_FILENO);
	va_list args;

	if (verbose < 0 || (!terminal && !milestone))
		return;
	va_start(args, fmt);
	print(terminal ? clear_line : "", terminal ? "" : "\n", fmt, args);
	va_end(args);
}

bool progress_colours(void)
{
	const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(refused && refused[0]) &&
	       !(terminal && !strcmp(terminal, "dumb"));
}
