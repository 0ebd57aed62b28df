/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * victim.h - a child process that does nothing and may be scheduled and pinned at will.
 */
#ifndef TESTS_VICTIM_H
#define TESTS_VICTIM_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"

static inline pid_t victim_start(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	/* a test that dies leaves nobody behind */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

/* The same, once it has made of itself what `become` makes of it. */
static inline pid_t victim_start_as(void (*become)(const char *arg), const char *arg)
{
	pid_t parent = getpid(), pid;
	int fds[2];
	char byte;

	if (pipe(fds) || (pid = fork()) < 0)
		return -1;
	if (!pid) {
		become(arg);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[1]);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	close(fds[1]);
	while (read(fds[0], &byte, 1) > 0)
		; /* end of file: it has */
	close(fds[0]);
	return pid;
}

/* Ends and reaps it: from then on the number is free. */
static inline void victim_end(pid_t *pid)
{
	if (*pid > 1) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = -1;
}

#endif
