/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal.c - termios and job control.  Its globals are what a handler has to restore. */
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"
#include "stop.h"

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

static struct sigaction crash_was[ARRAY_SIZE(crashes)];
static struct termios cooked, raw;
static volatile sig_atomic_t is_raw;

bool terminal_is_ours(void)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	if (foreground < 0) /* of another session: there is no job control */
		return errno == ENOTTY && isatty(STDIN_FILENO);
	return foreground == getpgrp();
}

/* The job may have left the foreground since it was looked at: then this must not stop it. */
static int set(const struct termios *to)
{
	sigset_t output, was;
	int rc;

	sigemptyset(&output);
	sigaddset(&output, SIGTTOU);
	sigprocmask(SIG_BLOCK, &output, &was);
	rc = tcsetattr(STDIN_FILENO, TCSANOW, to);
	sigprocmask(SIG_SETMASK, &was, NULL);
	return rc;
}

void terminal_restore(void)
{
	if (is_raw && terminal_is_ours())
		set(&cooked);
	is_raw = 0;
}

static void restore_and_crash(int signo)
{
	terminal_restore();
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++) {
		if (crashes[i] == signo)
			sigaction(signo, &crash_was[i], NULL);
	}
	raise(signo); /* pending until this handler returns */
}

static void watch_crashes(void)
{
	const struct sigaction action = { .sa_handler = restore_and_crash };

	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &action, &crash_was[i]);
}

static void job_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTSTP);
	sigaddset(ret, SIGCONT);
}

int terminal_take(int *ret_jobs_fd, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	sigset_t jobs;

	job_signals(&jobs);
	fd = signalfd(-1, &jobs, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || tcgetattr(STDIN_FILENO, &cooked))
		return err_sys(err, "the terminal");
	raw = cooked;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST | ONLCR; /* our own messages stay readable */
	watch_crashes();
	stop_at_end(terminal_restore);
	sigprocmask(SIG_BLOCK, &jobs, NULL);
	is_raw = 1; /* before it is: a signal in between restores what needs none */
	*ret_jobs_fd = STEAL_FD(&fd);
	return set(&raw) ? err_sys(err, "the terminal") : 0;
}

/* Blocked, it has been taken from its queue: raised again and let through, it stops this process here. */
static void stop_job(void)
{
	sigset_t stop;

	terminal_restore();
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

void terminal_serve_jobs(int jobs_fd)
{
	struct signalfd_siginfo info;

	while (read(jobs_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTSTP)
			stop_job();
	}
	/* continued, or (an orphaned job) never stopped */
	if (terminal_is_ours()) {
		is_raw = 1;
		set(&raw);
	}
}

void terminal_give_back(int *jobs_fd)
{
	sigset_t jobs;

	terminal_restore();
	stop_at_end(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(crashes) && *jobs_fd >= 0; i++)
		sigaction(crashes[i], &crash_was[i], NULL);
	job_signals(&jobs);
	if (*jobs_fd >= 0)
		sigprocmask(SIG_UNBLOCK, &jobs, NULL);
	fd_close(jobs_fd);
}
