/* SPDX-License-Identifier: GPL-2.0-or-later */
/* screen.c - a bounded buffer before a terminal. */
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cleanup.h"
#include "pump.h"
#include "stop.h"

#define HELD_MAX (32 << 10) /* a chunk of the console's and words of our own */
#define PIECE                                                                                      \
	256 /* where the terminal can only be written to with waiting: what it mostly has room for */
#define PATIENCE_S 1

struct screen {
	struct pump *pump;
	void (*resume)(void *arg);
	void *arg;
	int fd, timer_fd; /* timer: while something is held */
	size_t piece, used;
	bool gone;
	char held[HELD_MAX];
};

/* How much of it was taken now. */
static size_t put(struct screen *screen, const char *bytes, size_t n)
{
	size_t done = 0;

	while (done < n && !screen->gone) {
		struct pollfd out = { .fd = screen->fd, .events = POLLOUT };
		size_t piece = n - done < screen->piece ? n - done : screen->piece;
		ssize_t taken;

		if (poll(&out, 1, 0) <= 0)
			break;
		taken = write(screen->fd, bytes + done, piece);
		if (taken < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		screen->gone = taken < 0;
		done += taken < 0 ? 0 : (size_t)taken;
	}
	return done;
}

/* Nothing is held any more. */
static void release(struct screen *screen)
{
	screen->used = 0;
	if (screen->timer_fd < 0)
		return;
	pump_remove(screen->pump, screen->fd);
	pump_remove(screen->pump, screen->timer_fd);
	fd_close(&screen->timer_fd);
	screen->resume(screen->arg);
}

static int show_held(void *arg, short revents, struct err *err)
{
	struct screen *screen = arg;
	size_t done = put(screen, screen->held, screen->used);

	(void)revents;
	(void)err;
	screen->used -= done;
	memmove(screen->held, screen->held + done, screen->used);
	if (!screen->used || screen->gone)
		release(screen);
	return 0;
}

static int look_for_signal(void *arg, short revents, struct err *err)
{
	struct screen *screen = arg;
	uint64_t expirations;

	(void)revents;
	(void)err;
	if (read(screen->timer_fd, &expirations, sizeof(expirations)) < 0 || !stop_signal())
		return 0;
	screen->gone = true;
	release(screen);
	return 0;
}

/* Both sources or none: what cannot be waited for is dropped. */
static void hold(struct screen *screen, const char *bytes, size_t n)
{
	const struct itimerspec every = { { PATIENCE_S, 0 }, { PATIENCE_S, 0 } };
	size_t room = HELD_MAX - screen->used, take = n < room ? n : room;
	struct err ignored;

	memcpy(screen->held + screen->used, bytes, take);
	screen->used += take;
	if (screen->timer_fd >= 0)
		return;
	screen->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (screen->timer_fd < 0 || timerfd_settime(screen->timer_fd, 0, &every, NULL) ||
	    pump_add(screen->pump,
	             &(struct pump_source){ screen->timer_fd, POLLIN, look_for_signal, screen },
	             &ignored) ||
	    pump_add(screen->pump, &(struct pump_source){ screen->fd, POLLOUT, show_held, screen },
	             &ignored))
		release(screen);
}

bool screen_show(struct screen *screen, const char *bytes, size_t n)
{
	size_t done = screen->used ? 0 : put(screen, bytes, n);

	if (done < n && !screen->gone)
		hold(screen, bytes + done, n - done);
	return !screen->used;
}

void screen_flush(struct screen *screen)
{
	struct pollfd out = { .fd = screen->fd, .events = POLLOUT };

	while (screen->used && !screen->gone && poll(&out, 1, PATIENCE_S * 1000) == 1)
		show_held(screen, out.revents, NULL);
}

/* A description of our own is not blocking without making the shell's so.  A terminal of another user's (su) cannot
 * be opened again. */
int screen_open(struct pump *pump, void (*resume)(void *arg), void *arg, struct screen **ret,
                struct err *err)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	if (!screen)
		return err_set(err, ENOMEM, "out of memory");
	*screen = (struct screen){
		.pump = pump, .resume = resume, .arg = arg, .timer_fd = -1, .piece = HELD_MAX
	};
	screen->fd = open("/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (screen->fd < 0) {
		screen->fd = STDOUT_FILENO;
		screen->piece = PIECE;
	}
	*ret = screen;
	return 0;
}

void screen_close(struct screen **at)
{
	struct screen *screen = *at;

	if (!screen)
		return;
	screen_flush(screen);
	if (screen->timer_fd >= 0) {
		pump_remove(screen->pump, screen->fd);
		pump_remove(screen->pump, screen->timer_fd);
	}
	fd_close(&screen->timer_fd);
	if (screen->fd != STDOUT_FILENO)
		fd_close(&screen->fd);
	free(screen);
	*at = NULL;
}
