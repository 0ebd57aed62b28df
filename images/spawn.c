/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn.c - fork, exec, read, wait.  Knows no program. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"
#include "stop.h"
#include "text.h"

enum { CANNOT_EXEC = 127, LAST_WORDS = 200 };

static _Noreturn void child_exec(const char *const argv[], const char *folder, int out_fd)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0 ||
	    chdir(folder) < 0)
		_exit(CANNOT_EXEC);
	setenv("LC_ALL", "C", 1);
	/* uid 0 regains at exec the capabilities that qlaunch has given up, and a gain clears PR_SET_PDEATHSIG */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(CANNOT_EXEC);
	execvp(argv[0], (char *const *)argv);
	_exit(CANNOT_EXEC);
}

/* Keeps the newest bytes: the older half goes when the buffer is full. */
static size_t read_all(int fd, char *out, size_t size)
{
	size_t len = 0;

	for (;;) {
		ssize_t n;

		if (len == size - 1) {
			len = size / 2;
			memmove(out, out + size - 1 - len, len);
		}
		n = read(fd, out + len, size - 1 - len);
		if (n < 0 && errno == EINTR && !stop_wanted())
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	out[len] = '\0';
	return len;
}

/* A program that is still at it when a signal comes is ended. */
static int wait_for(pid_t pid)
{
	int status;

	for (;;) {
		if (stop_wanted())
			kill(pid, SIGKILL);
		if (waitpid(pid, &status, 0) >= 0)
			return status;
		if (errno != EINTR)
			return -errno;
	}
}

/* Line ends become ", " so that several lines make one sentence. */
static void last_words(const char *out, size_t len, char *buf, size_t size)
{
	char cut[LAST_WORDS * 2];
	size_t n = 0;

	while (len && out[len - 1] == '\n')
		len--;
	for (size_t i = len > LAST_WORDS ? len - LAST_WORDS : 0; i < len; i++) {
		if (out[i] == '\n')
			cut[n++] = ',';
		cut[n++] = out[i] == '\n' ? ' ' : out[i];
	}
	text_escape(cut, n, buf, size);
}

static int explain(const char *name, int status, const char *out, size_t len, struct err *err)
{
	char words[LAST_WORDS * 2];

	if (status < 0)
		return err_set(err, -status, "%s: its end could not be waited for", name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_EXEC)
		return err_set(err, ENOENT, "%s: there is no such program here", name);
	last_words(out, len, words, sizeof(words));
	if (WIFSIGNALED(status))
		return err_set(err, EIO, "%s died of signal %d: %s", name, WTERMSIG(status), words);
	return err_set(err, EIO, "%s failed (%d): %s", name, WEXITSTATUS(status), words);
}

int spawn_run(const char *const argv[], const char *folder, char *out, size_t size, struct err *err)
{
	CLEANUP(fd_close) int read_fd = -1;
	pid_t pid;
	int ends[2], status;
	size_t len;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "%s: pipe", argv[0]);
	read_fd = ends[0];
	pid = process_fork();
	if (pid == 0)
		child_exec(argv, folder, ends[1]);
	close(ends[1]);
	if (pid < 0)
		return err_sys(err, "%s: fork", argv[0]);
	len = read_all(read_fd, out, size);
	status = wait_for(pid);
	if (stop_wanted())
		return stop_explain(err);
	if (status != 0)
		return explain(argv[0], status, out, len, err);
	return 0;
}
