/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_guard.c - forks, waits for its parent's end, removes a folder. */
#include "trace_guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <tracefs.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"
#include "text.h"

#define TRIES       200 /* of TRY_MS: a ring that QEMU's exec has not closed yet keeps the instance */
#define TRY_MS      20
#define FIRST_OTHER 4

/* In this order: one that still records holds its own rings open, and the kernel refuses to remove it. */
static void remove_instance(const char *path, int tries)
{
	char file[4200];
	int fd;

	snprintf(file, sizeof(file), "%s/tracing_on", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "0", 1) < 0)
		fd_close(&fd);
	fd_close(&fd);
	for (int i = 0; i < tries && rmdir(path) && errno == EBUSY; i++)
		poll(NULL, 0, TRY_MS);
}

/* Away from the parent's folder, which must not stay busy.  A mount of our own ("/proc/self/fd/N/instances/NAME") has no
 * other name once its descriptor is closed: there the guard stays inside it.  Returns the instance's name from there. */
static const char *go_to(const char *path)
{
	static const char own_fds[] = "/proc/self/fd/";
	const char *inside = strncmp(path, own_fds, strlen(own_fds)) != 0
	                             ? NULL
	                             : strchr(path + strlen(own_fds), '/');
	char root[64];

	if (!inside)
		return chdir("/") ? NULL : path;
	snprintf(root, sizeof(root), "%.*s", (int)(inside - path), path);
	return chdir(root) ? NULL : inside + 1;
}

static void guard(const char *path, int parent_fd) __attribute__((noreturn));

/* Nothing of the parent's stays open: its files are closed before its pidfd says that it ended. */
static void guard(const char *path, int parent_fd)
{
	struct pollfd wait = { .fd = FIRST_OTHER - 1, .events = POLLIN };
	const char *instance = go_to(path);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "qlaunch-guard");
	parent_fd = fcntl(parent_fd, F_DUPFD_CLOEXEC, FIRST_OTHER);
	null_fd = fcntl(null_fd, F_DUPFD_CLOEXEC, FIRST_OTHER);
	for (int fd = 0; fd < FIRST_OTHER - 1; fd++) {
		if (dup2(null_fd, fd) < 0)
			_exit(1);
	}
	if (dup2(parent_fd, wait.fd) < 0 || close_range(FIRST_OTHER, ~0U, 0) || !instance)
		_exit(1);
	while (poll(&wait, 1, -1) < 0 && errno == EINTR)
		;
	remove_instance(instance, TRIES);
	_exit(0);
}

int trace_guard_start(const char *instance_path, struct trace_guard *ret, struct err *err)
{
	CLEANUP(fd_close) int self = pidfd_open(getpid(), 0);
	pid_t pid;

	if (self < 0)
		return err_sys(err, "pidfd_open");
	pid = fork(); /* not process_fork(): it is there to outlive us */
	if (pid < 0)
		return err_sys(err, "fork");
	if (!pid)
		guard(instance_path, self);
	ret->pid = pid;
	return 0;
}

void trace_guard_end(struct trace_guard *guard)
{
	if (guard->pid > 0)
		process_end(guard->pid);
	guard->pid = 0;
}

/* "PID" or "PID.N"; 0 for anything else. */
static pid_t owner_of(const char *name)
{
	char digits[16];
	uint64_t pid;

	if (text_copy(digits, sizeof(digits), name) < 0)
		return 0;
	digits[strcspn(digits, ".")] = '\0';
	return text_parse_u64(digits, 1, 4194304, &pid, NULL) ? 0 : (pid_t)pid;
}

void trace_guard_sweep(const char *prefix)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	const struct dirent *entry;
	char path[4096];

	snprintf(path, sizeof(path), "%s/instances", tracefs_tracing_dir());
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		pid_t pid = strncmp(entry->d_name, prefix, strlen(prefix)) != 0
		                    ? 0
		                    : owner_of(entry->d_name + strlen(prefix));

		if (!pid || !kill(pid, 0) || errno != ESRCH)
			continue;
		if (snprintf(path, sizeof(path), "%s/instances/%s", tracefs_tracing_dir(),
		             entry->d_name) < (int)sizeof(path))
			remove_instance(path, 1);
	}
}
