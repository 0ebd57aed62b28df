/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.c - fork, confine, exec, watch, end. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "confine.h"
#include "landlock.h"
#include "process.h"
#include "pump.h"
#include "stop.h"
#include "text.h"

#define NR_FILES      16384
#define TERM_GRACE_NS (3 * NSEC_PER_SEC)
#define KILL_GRACE_NS (10 * NSEC_PER_SEC)

/* What the child tells before exec when a step fails; nothing (end of file at exec) when all went well. */
struct trouble {
	int code;
	char step[256];
};

static void give_up(int report_fd, const char *step) __attribute__((noreturn));

static void give_up(int report_fd, const char *step)
{
	struct trouble trouble = { .code = errno };

	text_copy(trouble.step, sizeof(trouble.step), step);
	if (write(report_fd, &trouble, sizeof(trouble)) < 0)
		_exit(126);
	_exit(127);
}

/* The wanted fds become 3, 4, ... in the child; every other from 3 up is closed at exec.  First all of them go above
 * that range, because one that is still to be moved may stand where another belongs. */
static int take_fds(const struct child_wish *wish, int *report_fd)
{
	int high[CHILD_FDS_MAX], above = CHILD_FD_FIRST + wish->nr_fds;

	*report_fd = fcntl(*report_fd, F_DUPFD_CLOEXEC, above);
	if (*report_fd < 0)
		return -1;
	for (int i = 0; i < wish->nr_fds; i++) {
		high[i] = fcntl(wish->fds[i], F_DUPFD_CLOEXEC, above);
		if (high[i] < 0)
			return -1;
	}
	for (int i = 0; i < wish->nr_fds; i++) {
		if (dup2(high[i], CHILD_FD_FIRST + i) < 0)
			return -1;
	}
	return close_range((unsigned int)above, ~0U, CLOSE_RANGE_CLOEXEC);
}

static int take_cpus(const struct cpuset *cpus)
{
	cpu_set_t set;

	if (!cpus || !cpuset_count(cpus))
		return 0;
	CPU_ZERO(&set);
	for (int cpu = cpuset_next(cpus, -1); cpu >= 0; cpu = cpuset_next(cpus, cpu))
		CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* No more fds than the largest VM takes (two for each queue of 16 disks with 255), whatever we may open. */
static int limit(const struct child_wish *wish)
{
	const struct confine *confine = wish->confine;
	const struct rlimit none = { 0, 0 };
	struct rlimit files, bytes = { confine ? confine->file_bytes : 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none))
		return -1;
	if (getrlimit(RLIMIT_NOFILE, &files))
		return 0;
	if (!confine) {
		files.rlim_cur = wish->soft_files ? wish->soft_files : files.rlim_cur;
		return setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_max > NR_FILES)
		files.rlim_max = NR_FILES;
	files.rlim_cur = files.rlim_max;
	bytes.rlim_max = bytes.rlim_cur;
	return setrlimit(RLIMIT_NOFILE, &files) ||
	       (bytes.rlim_cur && setrlimit(RLIMIT_FSIZE, &bytes));
}

/* The files that words after "--" name.  Landlock lets it open them, but this user may not reach them. */
static void prepare_files(const struct confine *confine, int report_fd)
{
	for (int i = 0; i < confine->output.nr; i++)
		close(open(confine->output.v[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	for (int i = 0; i < confine->named.nr; i++) {
		if (access(confine->named.v[i], R_OK) && errno == EACCES)
			give_up(report_fd, confine->named.v[i]);
	}
}

static void shut_in(const struct confine *confine, int report_fd)
{
	const struct landlock_paths paths = { .read = confine->read.v,
		                              .write = confine->write.v,
		                              .sockets = confine->sockets.v };

	prepare_files(confine, report_fd);
	errno = confine->landlock ? -landlock_restrict(&paths) : 0;
	if (errno)
		give_up(report_fd, "Landlock");
}

static void become(const struct child_wish *wish, int stderr_fd, int report_fd, pid_t parent)
        __attribute__((noreturn));

static void become(const struct child_wish *wish, int stderr_fd, int report_fd, pid_t parent)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char lang[] = "LANG=C";
	char *const environment[] = { path, lang, NULL };
	const struct confine *confine = wish->confine;
	int null_fd;

	if (setsid() < 0)
		give_up(report_fd, "setsid");
	if (take_cpus(wish->cpus))
		give_up(report_fd, "sched_setaffinity");
	if (limit(wish))
		give_up(report_fd, "setrlimit");
	null_fd = open("/dev/null", O_RDWR);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(stderr_fd, 1) < 0 || dup2(stderr_fd, 2) < 0)
		give_up(report_fd, "stdio");
	if (take_fds(wish, &report_fd))
		give_up(report_fd, "moving file descriptors");
	if (caps_none_as(confine && confine->changes_uid ? &confine->who : NULL))
		give_up(report_fd, "changing the user and dropping capabilities");
	if (confine)
		shut_in(confine, report_fd);
	if (process_bind(parent)) /* again: credentials have changed since the fork */
		give_up(report_fd, "PR_SET_PDEATHSIG");
	execve(wish->argv[0], (char *const *)(uintptr_t)wish->argv, environment);
	give_up(report_fd, "exec");
}

static int read_stderr(void *arg, short revents, struct err *err)
{
	struct child *child = arg;
	char chunk[4096];
	ssize_t n = read(child->stderr_fd, chunk, sizeof(chunk));

	(void)revents;
	(void)err;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		pump_remove(child->pump, child->stderr_fd);
		fd_close(&child->stderr_fd);
		return 0;
	}
	if (child->stderr_used + (size_t)n > sizeof(child->stderr_tail)) {
		size_t drop = child->stderr_used + (size_t)n - sizeof(child->stderr_tail);

		memmove(child->stderr_tail, child->stderr_tail + drop, child->stderr_used - drop);
		child->stderr_used -= drop;
	}
	memcpy(child->stderr_tail + child->stderr_used, chunk, (size_t)n);
	child->stderr_used += (size_t)n;
	return 0;
}

static void reap(struct child *child)
{
	siginfo_t info = { 0 };

	if (child->exited || waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG) ||
	    !info.si_pid)
		return;
	child->exited = true;
	child->code = info.si_code;
	child->status = info.si_status;
}

static int read_pidfd(void *arg, short revents, struct err *err)
{
	struct child *child = arg;

	(void)revents;
	(void)err;
	reap(child);
	if (child->exited)
		pump_remove(child->pump, child->pidfd);
	return 0;
}

static int watch(struct child *child, struct err *err)
{
	int rc = pump_add(child->pump,
	                  &(struct pump_source){ child->pidfd, POLLIN, read_pidfd, child }, err);

	if (rc)
		return rc;
	return pump_add(child->pump,
	                &(struct pump_source){ child->stderr_fd, POLLIN, read_stderr, child }, err);
}

/* Reads the report pipe: end of file means that exec happened. */
static int exec_outcome(int report_fd, const char *path, const char *hint, struct err *err)
{
	struct trouble trouble;
	ssize_t n;

	do {
		n = read(report_fd, &trouble, sizeof(trouble));
	} while (n < 0 && errno == EINTR && !stop_wanted());
	if (n == 0)
		return 0;
	if (n < 0)
		return err_sys(err, "%s", path);
	if (n != (ssize_t)sizeof(trouble))
		return err_set(err, EIO, "%s: the child ended before exec", path);
	return err_set(err, trouble.code, "%.120s: %.180s: %s%.150s", path, trouble.step,
	               strerror(trouble.code), trouble.code == EACCES ? hint : "");
}

/* With hidepid= /proc has only processes that we may trace. */
static bool is_hidden(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return access(path, R_OK) != 0;
}

int child_gets(struct child_wish *wish, int fd)
{
	wish->fds[wish->nr_fds] = fd;
	return CHILD_FD_FIRST + wish->nr_fds++;
}

int child_start(struct pump *pump, const struct child_wish *wish, struct child **ret,
                struct err *err)
{
	CLEANUP(child_end) struct child *child = calloc(1, sizeof(*child));
	CLEANUP(fd_close) int report_read = -1, report_write = -1, stderr_write = -1;
	int pipes[2], parent = getpid(), rc;

	if (!child)
		return err_set(err, ENOMEM, "out of memory");
	child->pidfd = child->stderr_fd = -1;
	child->pump = pump;
	if (pipe2(pipes, O_CLOEXEC))
		return err_sys(err, "pipe");
	report_read = pipes[0];
	report_write = pipes[1];
	if (pipe2(pipes, O_CLOEXEC))
		return err_sys(err, "pipe");
	child->stderr_fd = pipes[0];
	stderr_write = pipes[1];
	fcntl(child->stderr_fd, F_SETFL, O_NONBLOCK);
	if (wish->confine)
		confine_hint(wish->confine, child->hint, sizeof(child->hint));
	if (wish->confine && wish->confine->changes_uid)
		(void)caps_raise(CAP_KILL); /* to our end (caps.c) */
	child->pid = process_fork();
	if (child->pid < 0)
		return err_sys(err, "fork");
	if (child->pid == 0)
		become(wish, stderr_write, report_write, parent);
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0)
		return err_sys(err, "pidfd_open");
	fd_close(&report_write);
	fd_close(&stderr_write);
	rc = watch(
	        child,
	        err); /* first: child_end() waits for what is watched, also after a failed exec */
	if (!rc)
		rc = exec_outcome(report_read, wish->argv[0], child->hint, err);
	if (rc)
		return rc;
	if (wish->confine && wish->confine->changes_uid && is_hidden(child->pid))
		(void)caps_raise(CAP_SYS_PTRACE); /* to our end (caps.c) */
	*ret = STEAL(&child);
	return 0;
}

void child_how_ended(const struct child *child, char *buf, size_t size)
{
	const char *name;

	if (!child->exited) {
		snprintf(buf, size, "is running");
	} else if (child->code == CLD_EXITED) {
		snprintf(buf, size, "exited with status %d", child->status);
	} else {
		name = sigabbrev_np(child->status);
		snprintf(buf, size, "was killed by SIG%s", name ? name : "?");
	}
}

/* The last lines, on one line, made printable. */
static void last_words(const struct child *child, char *buf, size_t size)
{
	size_t keep = child->stderr_used < 240 ? child->stderr_used : 240;
	size_t from = child->stderr_used - keep;
	const char *line = from ? memchr(child->stderr_tail + from, '\n', keep) : NULL;

	/* from the start of a line, where that leaves anything */
	if (line && line + 1 < child->stderr_tail + child->stderr_used) {
		keep -= (size_t)(line + 1 - (child->stderr_tail + from));
		from = (size_t)(line + 1 - child->stderr_tail);
	}
	while (keep && child->stderr_tail[from + keep - 1] == '\n')
		keep--;
	text_escape(child->stderr_tail + from, keep, buf, size);
}

int child_explain(const struct child *child, const char *name, struct err *err)
{
	char how[64], words[320];

	child_how_ended(child, how, sizeof(how));
	last_words(child, words, sizeof(words));
	return err_set(err, ECHILD, "%s %s%s%s%s", name, how, words[0] ? ": " : " and said nothing",
	               words, strstr(words, "ermission denied") ? child->hint : "");
}

static bool has_exited(const void *arg)
{
	const struct child *child = arg;

	return child->exited;
}

int child_wait(struct child *child, int64_t deadline_ns, struct err *err)
{
	return pump_until(child->pump, has_exited, child, deadline_ns, err);
}

struct ending {
	const struct child *child;
	int nr_signals; /* that make the wait pointless */
};

static bool has_ended(const void *arg)
{
	const struct ending *ending = arg;

	return ending->child->exited || pump_nr_signals(ending->child->pump) >= ending->nr_signals;
}

/* Sends it, and waits: for TERM's effect no longer than until a second signal asks for the short way. */
static void send(struct child *child, int signo, int64_t grace_ns, int nr_signals)
{
	const struct ending ending = { child, nr_signals };
	struct err ignored;

	if (child->exited || pump_nr_signals(child->pump) >= nr_signals ||
	    pidfd_send_signal(child->pidfd, signo, NULL, 0))
		return;
	if (pump_until(child->pump, has_ended, &ending, clock_now_ns() + grace_ns, &ignored))
		return; /* the next signal is stronger, or nothing is */
}

void child_end(struct child **at)
{
	struct child *child = *at;
	bool leaving;

	if (!child)
		return;
	if (child->pidfd >= 0) {
		reap(child);
		leaving = pump_set_leaving(child->pump, true);
		send(child, SIGTERM, TERM_GRACE_NS, 2);
		send(child, SIGKILL, KILL_GRACE_NS, INT_MAX);
		pump_set_leaving(child->pump, leaving);
		pump_remove(child->pump, child->pidfd);
	} else if (child->pid > 0) {
		process_end(child->pid);
	}
	if (child->stderr_fd >= 0)
		pump_remove(child->pump, child->stderr_fd);
	fd_close(&child->stderr_fd);
	fd_close(&child->pidfd);
	free(child);
	*at = NULL;
}
