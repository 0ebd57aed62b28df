/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strv.c - an argv under construction.  Knows no option. */
#include "strv.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Takes the string over; NULL marks the list. */
static void add_owned(struct strv *list, char *text)
{
	char **more = text ? realloc(list->v, sizeof(*more) * (size_t)(list->nr + 2)) : NULL;

	if (!more) {
		free(text);
		list->failed = true;
		return;
	}
	list->v = more;
	list->v[list->nr++] = text;
	list->v[list->nr] = NULL;
}

void strv_add(struct strv *list, const char *text)
{
	add_owned(list, strdup(text));
}

void strv_addf(struct strv *list, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	add_owned(list, text);
}

void strv_add_json(struct strv *list, struct json_object *o)
{
	const char *text = o ? json_object_to_json_string_ext(
	                               o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
	                     : NULL;

	add_owned(list, text ? strdup(text) : NULL);
	json_object_put(o);
}

/* Inside $'...' bash, ksh, zsh and POSIX 2024's sh know escapes: a terminal must not obey what it shows. */
static void print_escaped(const char *text, FILE *out)
{
	fputs("$'", out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c >= 0x7f)
			fprintf(out, "\\%03o",
			        c); /* three digits end it, \xNN would take the next */
		else
			fprintf(out, "%s%c", c == '\'' || c == '\\' ? "\\" : "", c);
	}
	fputc('\'', out);
}

/* Inside '...' sh takes every byte but the quote itself, which is written as '\''. */
static void print_quoted(const char *text, FILE *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                            "-_./=:,+@%";

	if (*text && text[strspn(text, plain)] == '\0') {
		fputs(text, out);
		return;
	}
	if (!text_is_plain(text)) {
		print_escaped(text, out);
		return;
	}
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

void strv_print_shell(const struct strv *args, FILE *out)
{
	for (int i = 0; i < args->nr; i++) {
		if (i)
			fputc(' ', out);
		print_quoted(args->v[i], out);
	}
	fputc('\n', out);
}

void strv_done(struct strv *args)
{
	for (int i = 0; i < args->nr; i++)
		free(args->v[i]);
	free(args->v);
	memset(args, 0, sizeof(*args));
}
