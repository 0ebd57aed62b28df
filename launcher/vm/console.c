/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console.c - drains the guest's serial console into a terminal, a log or a small memory. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "console_match.h"
#include "pump.h"
#include "screen.h"
#include "terminal.h"
#include "text.h"

#define KEEP_BYTES  8192 /* a panic with its registers and stack */
#define CTRL_A      0x01
#define TYPED_CHUNK 256

/* What the next key means. */
enum console_keys { KEYS_GUEST, KEYS_AFTER_CTRL_A, KEYS_AFTER_QUESTION };

struct console {
	int fd, log_fd;
	struct pump *pump;
	enum console_kind kind;
	char keep[KEEP_BYTES];
	size_t kept;
	uint64_t bytes;
	enum console_keys keys;
	bool asks_first, left, wants_shutdown, has_ended, waits_for_screen, reads_stdin;
	struct console_match *match; /* NULL: nothing is looked for */
	struct screen *screen;       /* of CONSOLE_TERMINAL */
	int jobs_fd;
};

static void keep(struct console *console, const char *chunk, size_t n)
{
	if (n >= KEEP_BYTES) {
		chunk += n - KEEP_BYTES;
		n = KEEP_BYTES;
	}
	if (console->kept + n > KEEP_BYTES) {
		size_t drop = console->kept + n - KEEP_BYTES;

		memmove(console->keep, console->keep + drop, console->kept - drop);
		console->kept -= drop;
	}
	memcpy(console->keep + console->kept, chunk, n);
	console->kept += n;
}

static void show_on_terminal(struct console *console, const char *chunk, size_t n)
{
	if (!console->screen || screen_show(console->screen, chunk, n) || console->waits_for_screen)
		return;
	console->waits_for_screen = true;
	pump_remove(console->pump, console->fd);
}

static void show(struct console *console, const char *chunk, size_t n)
{
	uint64_t before = console->bytes;

	show_on_terminal(console, chunk, n);
	if (console->kind == CONSOLE_LOG && before < CONSOLE_LOG_MAX) {
		if (n > CONSOLE_LOG_MAX - before)
			n = (size_t)(CONSOLE_LOG_MAX - before);
		if (text_write_all(console->log_fd, chunk, n, NULL))
			console->kind = CONSOLE_KEEP; /* disk full: the run goes on */
	}
}

static int drain(void *arg, short revents, struct err *err)
{
	struct console *console = arg;
	char chunk[16384];
	ssize_t n = read(console->fd, chunk, sizeof(chunk));

	(void)revents;
	(void)err;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		console->has_ended = true;
		pump_remove(console->pump, console->fd);
		return 0;
	}
	keep(console, chunk, (size_t)n);
	if (console->match)
		console_match_feed(console->match, chunk, (size_t)n);
	show(console, chunk, (size_t)n);
	console->bytes += (uint64_t)n;
	return 0;
}

/* qlaunch's own words go where the keys come from, on a line of their own: the guest may be inside one. */
static void say(struct console *console, const char *text)
{
	show_on_terminal(console, "\n", 1);
	show_on_terminal(console, text, strlen(text));
	show_on_terminal(console, "\n", 1);
}

static void leave(struct console *console)
{
	if (!console->asks_first) {
		console->left = true;
		return;
	}
	say(console,
	    "qlaunch: the guest writes to its disk.  x: terminate QEMU now; p: ACPI shutdown; "
	    "any other key: continue");
	console->keys = KEYS_AFTER_QUESTION;
}

static void shut_down(struct console *console)
{
	say(console, "qlaunch: ACPI shutdown requested");
	console->wants_shutdown = true;
}

/* The key after Ctrl-A.  Returns whether the guest gets a Ctrl-A. */
static bool take_command(struct console *console, char key)
{
	switch (key) {
	case CTRL_A:
	case 'a':
	case 'A':
		return true;
	case 'x':
	case 'X':
		leave(console);
		return false;
	case 'p':
	case 'P':
		shut_down(console);
		return false;
	default:
		say(console,
		    "qlaunch: Ctrl-A X: leave; Ctrl-A P: ACPI shutdown; "
		    "Ctrl-A Ctrl-A or Ctrl-A A: send Ctrl-A to the guest; Ctrl-A ?: these keys");
		return false;
	}
}

static void take_answer(struct console *console, char key)
{
	if (key == 'x' || key == 'X')
		console->left = true;
	else if (key == 'p' || key == 'P')
		shut_down(console);
	else
		say(console, "qlaunch: the guest continues");
}

/* Keeps in chunk what the guest gets.  Returns how many bytes that is. */
static size_t filter(struct console *console, char *chunk, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		enum console_keys keys = console->keys;

		console->keys = keys == KEYS_GUEST && chunk[i] == CTRL_A ? KEYS_AFTER_CTRL_A
		                                                         : KEYS_GUEST;
		if (keys == KEYS_AFTER_QUESTION)
			take_answer(console, chunk[i]);
		else if (keys == KEYS_AFTER_CTRL_A && take_command(console, chunk[i]))
			chunk[out++] = CTRL_A;
		else if (keys == KEYS_GUEST && chunk[i] != CTRL_A)
			chunk[out++] = chunk[i];
	}
	return out;
}

static int type(void *arg, short revents, struct err *err)
{
	struct console *console = arg;
	char chunk[TYPED_CHUNK];
	ssize_t n = terminal_is_ours() ? read(STDIN_FILENO, chunk, sizeof(chunk)) : 0;

	(void)revents;
	(void)err;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		pump_remove(console->pump, STDIN_FILENO);
		console->reads_stdin = false;
		return 0;
	}
	n = (ssize_t)filter(console, chunk, (size_t)n);
	/* A guest that does not read its console loses keys, as with a real UART; it must not stop us. */
	if (n > 0 && send(console->fd, chunk, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	    errno == EPIPE)
		console->left = true;
	return 0;
}

static int read_keys(struct console *console, struct err *err)
{
	int rc = console->reads_stdin
	                 ? 0
	                 : pump_add(console->pump,
	                            &(struct pump_source){ STDIN_FILENO, POLLIN, type, console },
	                            err);

	console->reads_stdin = !rc;
	return rc;
}

/* The terminal takes bytes again. */
static void resume(void *arg)
{
	struct console *console = arg;
	struct err ignored;

	/* it had a place among the pump's sources before */
	if (console->waits_for_screen && !console->has_ended &&
	    pump_add(console->pump, &(struct pump_source){ console->fd, POLLIN, drain, console },
	             &ignored))
		console->has_ended = true;
	console->waits_for_screen = false;
}

/* Stopped or continued: in the background the keys are another's, and in the foreground they are the guest's again. */
static int serve_jobs(void *arg, short revents, struct err *err)
{
	struct console *console = arg;

	(void)revents;
	terminal_serve_jobs(console->jobs_fd);
	return terminal_is_ours() ? read_keys(console, err) : 0;
}

static int take_terminal(struct console *console, struct err *err)
{
	int rc = screen_open(console->pump, resume, console, &console->screen, err);

	if (!rc)
		rc = terminal_take(&console->jobs_fd, err);
	if (!rc)
		rc = pump_add(
		        console->pump,
		        &(struct pump_source){ console->jobs_fd, POLLIN, serve_jobs, console },
		        err);
	return rc ? rc : read_keys(console, err);
}

int console_open(struct pump *pump, int fd, enum console_kind kind, int log_fd,
                 struct console **ret, struct err *err)
{
	CLEANUP(console_close) struct console *console = calloc(1, sizeof(*console));
	int rc;

	if (!console) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	*console = (struct console){
		.fd = fd, .log_fd = log_fd, .pump = pump, .kind = kind, .jobs_fd = -1
	};
	fcntl(fd, F_SETFL, O_NONBLOCK);
	rc = pump_add(pump, &(struct pump_source){ fd, POLLIN, drain, console }, err);
	if (!rc && kind == CONSOLE_TERMINAL)
		rc = take_terminal(console, err);
	if (rc)
		return rc;
	*ret = STEAL(&console);
	return 0;
}

void console_ask_first(struct console *console)
{
	console->asks_first = true;
}

bool console_has_left(const struct console *console)
{
	return console->left;
}

bool console_wants_shutdown(const struct console *console)
{
	return console->wants_shutdown;
}

int console_expect(struct console *console, const char *pattern, struct err *err)
{
	return console_match_new(pattern, &console->match, err);
}

const char *console_seen(const struct console *console)
{
	return console->match ? console_match_line(console->match) : NULL;
}

bool console_is_shown(const struct console *console)
{
	return console->screen;
}

uint64_t console_bytes(const struct console *console)
{
	return console->bytes;
}

void console_last_words(const struct console *console, char *buf, size_t size)
{
	static const char panic[] = "Kernel panic";
	size_t want = console->kept < 300 ? console->kept : 300;
	const char *from = console->keep + console->kept - want;
	const char *cause = memmem(console->keep, console->kept, panic, sizeof(panic) - 1);

	if (cause) { /* the line that says why, and not what the kernel prints after it */
		from = cause;
		want = (size_t)(console->keep + console->kept - cause);
		for (size_t n = 0; n < want; n++) {
			if (cause[n] == '\r' || cause[n] == '\n')
				want = n;
		}
	}
	text_escape(from, want, buf, size);
}

/* What the guest said last waits in the socket while the terminal takes nothing. */
static void show_rest(struct console *console)
{
	bool waited = console->waits_for_screen;
	uint64_t before = UINT64_MAX;

	while (waited && !console->has_ended && console->bytes != before) {
		before = console->bytes;
		screen_flush(console->screen);
		if (!console->waits_for_screen)
			drain(console, POLLIN, NULL);
	}
}

void console_close(struct console **at)
{
	struct console *console = *at;

	if (!console)
		return;
	show_rest(console);
	screen_close(&console->screen);
	console_match_free(&console->match);
	if (console->jobs_fd >= 0)
		pump_remove(console->pump, console->jobs_fd);
	terminal_give_back(&console->jobs_fd);
	if (console->reads_stdin)
		pump_remove(console->pump, STDIN_FILENO);
	pump_remove(console->pump, console->fd);
	fd_close(&console->fd);
	free(console);
	*at = NULL;
}
