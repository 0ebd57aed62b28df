/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h - one child process that cannot outlive us: QEMU, or qload on the host.  Knows no QMP.
 *
 * Between fork and exec, in this order: own session; confined to `cpus`; rlimits; only the named fds; empty bounding
 * set, the other user, empty capability sets and no_new_privs; Landlock; and last PR_SET_PDEATHSIG, which a change of
 * credentials would clear, with the getppid() check that closes its race.  Source: prctl(2), PR_SET_PDEATHSIG(2const),
 * close_range(2), landlock(7).
 */
#ifndef LAUNCHER_CHILD_H
#define LAUNCHER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "cpuset.h"
#include "err.h"

struct confine;
struct pump;

#define CHILD_FDS_MAX    560 /* 16 disks with 32 backing files each */
#define CHILD_FD_FIRST   3
#define CHILD_STDERR_MAX 8192 /* the last bytes kept */

struct child {
	pid_t pid;
	int pidfd;
	struct pump *pump; /* serves pidfd and stderr */
	int stderr_fd;
	char stderr_tail[CHILD_STDERR_MAX];
	size_t stderr_used;
	bool exited;
	int code,
	        status; /* of waitid(): CLD_EXITED with the exit status, or CLD_KILLED/CLD_DUMPED with the signal */
	char hint[160]; /* what helps where it was refused a file */
};

struct child_wish {
	const char *const *argv; /* argv[0] is the path */
	int fds[CHILD_FDS_MAX]; /* fds[i] is CHILD_FD_FIRST + i in the child; all others are closed */
	int nr_fds;
	const struct cpuset *cpus;     /* NULL or empty: on any CPU */
	const struct confine *confine; /* NULL: our uid, every file */
	rlim_t soft_files;             /* RLIMIT_NOFILE of an unconfined one; 0: ours */
};

/* Adds an fd of ours; returns the number that it has in the child. */
int child_gets(struct child_wish *wish, int fd);
/* On success the child has been exec'ed. */
int child_start(struct pump *pump, const struct child_wish *wish, struct child **ret,
                struct err *err) MUST_CHECK;
/* "exited with status 1", "was killed by SIGKILL", "is running". */
void child_how_ended(const struct child *child, char *buf, size_t size);
/* Puts "NAME ended: exit status 1: last stderr lines" into err; returns -ECHILD. */
int child_explain(const struct child *child, const char *name, struct err *err);
/* Waits for the end until the deadline; 0 ended, -ETIMEDOUT. */
int child_wait(struct child *child, int64_t deadline_ns, struct err *err) MUST_CHECK;
/* TERM, a grace, KILL; always reaped afterwards. */
void child_end(struct child **child);

#endif
