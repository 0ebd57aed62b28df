/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out.c - bounded writing.  Knows no content. */
#include "out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void out_add(struct out *out, const char *fmt, ...)
{
	va_list args;
	int n;

	if (out->full)
		return;
	va_start(args, fmt);
	n = vsnprintf(out->buf + out->used, out->size - out->used, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= out->size - out->used)
		out->full = true;
	else
		out->used += (size_t)n;
}

void out_add_string(struct out *out, const char *text)
{
	out_add(out, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			out_add(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			out_add(out, "\\u%04x", (unsigned char)*text);
		else
			out_add(out, "%c", *text);
	}
	out_add(out, "\"");
}

int out_end(const struct out *out, struct err *err)
{
	if (out->full)
		return err_set(err, EMSGSIZE, "the answer is longer than %zu bytes", out->size);
	return (int)out->used;
}
