/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.c - one pipe, one byte.  Knows no load. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"

#define LEAVE_MS 1000 /* for what is only memory to give back */

static void work(int (*run)(const void *arg), const void *arg, int report_fd)
        __attribute__((noreturn));

static void work(int (*run)(const void *arg), const void *arg, int report_fd)
{
	unsigned char code;

	code = (unsigned char)run(arg);
	/* where nobody reads it any more, nobody wants it */
	exit(write(report_fd, &code, sizeof(code)) == sizeof(code) ? code : 1);
}

/* It died before it could say anything: as it did, so do we. */
static int follow(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

int guard_run(int (*run)(const void *arg), const void *arg)
{
	CLEANUP(fd_close) int report = -1, theirs = -1, pidfd = -1;
	struct pollfd gone = { .events = POLLIN };
	pid_t child;
	unsigned char code;
	int pair[2];
	ssize_t n;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return run(arg);
	report = pair[0];
	theirs = pair[1];
	child = process_fork();
	if (child == 0)
		work(run, arg, theirs);
	if (child < 0)
		return run(arg);
	fd_close(&theirs);
	do {
		n = read(report, &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(code))
		return follow(child);
	pidfd = gone.fd = pidfd_open(child, 0);
	if (pidfd >= 0 && poll(&gone, 1, LEAVE_MS) == 0)
		fprintf(stderr, "qload: the kernel keeps process %d until the disk answers\n",
		        child);
	return code;
}
