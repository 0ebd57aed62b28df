/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop.c - four signals, one flag, and a timer that repeats them. */
#include "stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#define REPEAT_MS 100

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static volatile sig_atomic_t first, count, taken, repeats;
static volatile int wake_fd = -1;
static void (*volatile at_end)(void);

static void set_timer(int ms)
{
	const struct itimerval every = { { 0, ms * 1000 }, { 0, ms * 1000 } };

	setitimer(ITIMER_REAL, &every, NULL);
}

/* No stdio in a handler.  A stderr that takes nothing must not hold us either: it is asked first, and where it takes
 * a part only, the next SIGALRM has its default action. */
static void say_end(void)
{
	const char *name = sigabbrev_np(first);
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[] = "qlaunch: interrupted by SIG        \n";
	size_t at = sizeof("qlaunch: interrupted by SIG") - 1;

	while (name && *name && text[at] == ' ')
		text[at++] = *name++;
	text[at++] = '\n';
	if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) && write(STDERR_FILENO, text, at) < 0)
		return;
}

static void repeat(int signo)
{
	int saved = errno;

	(void)signo;
	if (count == taken && count < 2) {
		set_timer(0);
	} else if (++repeats * REPEAT_MS >= STOP_PATIENCE_MS) {
		signal(SIGALRM, SIG_DFL);
		if (at_end)
			at_end();
		say_end();
		_exit(128 + first);
	}
	errno = saved;
}

static void note(int signo)
{
	static const uint64_t one = 1;
	int saved = errno;

	if (!first)
		first = signo;
	if (++count <= 2) /* a third does not put the end off */
		repeats = 0;
	if (write(wake_fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN)
		set_timer(REPEAT_MS);
	errno = saved;
}

/* One handler at a time; only say_end() may be cut short by the next SIGALRM. */
static void handle(int signo, void (*handler)(int signo))
{
	struct sigaction action = { .sa_handler = handler,
		                    .sa_flags = signo == SIGALRM ? SA_NODEFER : 0 };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&action.sa_mask, signals[i]);
	if (signo != SIGALRM)
		sigaddset(&action.sa_mask, SIGALRM);
	sigaction(signo, &action, NULL);
}

int stop_listen(struct err *err)
{
	struct sigaction was;
	sigset_t open;

	if (wake_fd < 0)
		wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0)
		return err_sys(err, "eventfd");
	first = count = taken = repeats = 0;
	sigemptyset(&open);
	sigaddset(&open, SIGALRM);
	handle(SIGALRM, repeat);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &was) &&
		    was.sa_handler == SIG_IGN)
			continue;
		handle(signals[i], note);
		sigaddset(&open, signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &open, NULL);
	return 0;
}

int stop_fd(void)
{
	return wake_fd;
}

bool stop_wanted(void)
{
	return count != taken;
}

void stop_take(void)
{
	uint64_t drained;

	if (read(wake_fd, &drained, sizeof(drained)) < 0)
		drained = 0; /* nothing came */
	taken = count;
}

int stop_signal(void)
{
	return first;
}

int stop_count(void)
{
	return count;
}

int stop_explain(struct err *err)
{
	return err_set(err, EINTR, "interrupted by SIG%s", sigabbrev_np(first));
}

void stop_at_end(void (*restore)(void))
{
	at_end = restore;
}
