/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err.c - errors as values.  Knows no module and prints nothing. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stop.h"
#include "text.h"

static void set_text(struct err *err, const char *tail, const char *fmt, va_list args) PRINTF(3, 0);

static void set_text(struct err *err, const char *tail, const char *fmt, va_list args)
{
	char text[sizeof(err->text)] = "";
	int used = vsnprintf(text, sizeof(text), fmt, args);

	if (used < 0)
		used = 0;
	if (tail && (size_t)used < sizeof(text))
		snprintf(text + used, sizeof(text) - (size_t)used, ": %s", tail);
	text_make_plain(text); /* a sentence may quote anybody's bytes */
	memcpy(err->text, text, sizeof(text));
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -code;
	err->code = code;
	va_start(args, fmt);
	set_text(err, NULL, fmt, args);
	va_end(args);
	return -code;
}

int err_sys(struct err *err, const char *fmt, ...)
{
	int code = errno ? errno : EIO, signal = code == EINTR ? stop_signal() : 0;
	char reason[128];
	va_list args;

	if (!err)
		return -code;
	err->code = code;
	va_start(args, fmt);
	snprintf(reason, sizeof(reason), "interrupted by SIG%s",
	         signal ? sigabbrev_np(signal) : "?");
	set_text(err, signal ? reason : strerror_r(code, reason, sizeof(reason)), fmt, args);
	va_end(args);
	return -code;
}

int err_in(struct err *err, const char *fmt, ...)
{
	char was[sizeof(err->text)];
	va_list args;

	if (!err)
		return -EIO;
	memcpy(was, err->text, sizeof(was));
	va_start(args, fmt);
	set_text(err, was, fmt, args);
	va_end(args);
	return -(err->code ? err->code : EIO);
}
