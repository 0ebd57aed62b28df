/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_child.c - fork, exec and reap of a QEMU under test.  Not the launcher's way: this one has no privilege. */
#include "qemu_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int qemu_child_start(const char *program, const char *const argv[], const char *err_path,
                     pid_t *ret_pid)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		abort();
	*ret_pid = fork();
	if (*ret_pid < 0)
		abort();
	if (*ret_pid == 0) {
		int log = open(err_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || log < 0 || dup2(log, STDERR_FILENO) < 0 ||
		    dup2(pair[1], QEMU_CHILD_FD) < 0)
			_exit(126);
		execvp(program, (char *const *)argv);
		_exit(127);
	}
	close(pair[1]);
	return pair[0];
}

int qemu_child_end(pid_t *pid)
{
	int status = -1, fd = (int)syscall(SYS_pidfd_open, *pid, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (fd < 0 || poll(&pfd, 1, 600000) != 1)
		kill(*pid, SIGKILL);
	close(fd);
	while (waitpid(*pid, &status, 0) < 0 && errno == EINTR)
		;
	*pid = -1;
	return status;
}

void qemu_child_here(char *ret, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", ret, size - 1);

	ret[len > 0 ? len : 0] = '\0';
	if (strrchr(ret, '/'))
		*strrchr(ret, '/') = '\0';
}
