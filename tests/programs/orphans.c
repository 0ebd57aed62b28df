/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * orphans MS COMMAND...: starts the command, ends it by SIGKILL after MS milliseconds or lets it end itself before, and
 * prints each process that it leaves behind.  As a child subreaper it becomes the parent of all of them, whatever session, environment or name
 * they have.  Exit 0: none.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

#define PATIENCE_S 60 /* what is in exit frees its memory first */

static void print_and_end(pid_t pid)
{
	char path[64], words[200] = "";
	int n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	n = text_read_file(path, words, sizeof(words) - 1, NULL);
	for (int i = 0; i < n; i++)
		words[i] = words[i] ? words[i] : ' ';
	printf("left behind: %d %s\n", pid, words);
	kill(pid, SIGKILL);
}

/* Our children now: those that the dead one had, and their orphans. */
static int print_children(void)
{
	char path[64], list[4096] = "", *at = list, *end;
	int nr = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	if (text_read_file(path, list, sizeof(list), NULL) < 0)
		return 0;
	for (long pid = strtol(at, &end, 10); end != at; pid = strtol(at, &end, 10)) {
		print_and_end((pid_t)pid);
		at = end;
		nr++;
	}
	return nr;
}

int main(int argc, char **argv)
{
	struct pollfd end = { .events = POLLIN };
	int64_t deadline;
	pid_t pid;

	if (argc < 3 || prctl(PR_SET_CHILD_SUBREAPER, 1))
		return 2;
	pid = fork();
	if (!pid) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	end.fd = pidfd_open(pid, 0);
	poll(&end, 1, (int)strtol(argv[1], NULL, 10));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	deadline = clock_now_ns() + PATIENCE_S * NSEC_PER_SEC;
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return 0;
		if (clock_now_ns() >= deadline)
			return print_children() ? 1 : 0;
		poll(NULL, 0, 2);
	}
}
