/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - two stdio streams over text_write_all(). */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "stop.h"
#include "text.h"

#define LAST_WORDS_MS 250

/* 0 is what fopencookie() takes for an error; stdio's caller looks at errno. */
static ssize_t put(void *cookie, const char *bytes, size_t size)
{
	int fd = (int)(intptr_t)cookie;
	struct err err;

	if (text_write_all(fd, bytes, size, &err)) {
		errno = err.code;
		return 0;
	}
	return (ssize_t)size;
}

/* A terminal that nobody reads must not keep a program that is ending: its message is given up. */
static ssize_t put_message(void *cookie, const char *bytes, size_t size)
{
	struct pollfd out = { .fd = (int)(intptr_t)cookie, .events = POLLOUT };

	if (stop_signal() && poll(&out, 1, LAST_WORDS_MS) <= 0) {
		errno = EAGAIN;
		return 0;
	}
	return put(cookie, bytes, size);
}

static FILE *stream(int fd, ssize_t (*write)(void *, const char *, size_t), int mode)
{
	const cookie_io_functions_t calls = { .write = write };
	FILE *file = fopencookie((void *)(intptr_t)fd, "w", calls);

	if (file)
		setvbuf(file, NULL, mode, BUFSIZ);
	return file;
}

int output_open(struct err *err)
{
	FILE *out = stream(STDOUT_FILENO, put, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
	FILE *message = stream(STDERR_FILENO, put_message, _IONBF);

	if (!out || !message)
		return err_set(err, ENOMEM, "out of memory");
	stdout = out;
	stderr = message;
	return 0;
}

int output_close(struct err *err)
{
	int rc = 0;

	if (fflush(stdout))
		rc = err_sys(err, "standard output");
	else if (ferror(stdout))
		rc = err_set(err, EIO, "standard output: a part could not be written");
	fclose(stdout);
	return rc;
}

int output_has_no_reader(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}
