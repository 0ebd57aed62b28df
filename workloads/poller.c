/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poller.c - room for a thread that never rests. */
#include "poller.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "job.h"
#include "text.h"

#define BORN_MS 5000

int poller_check(const struct job *job, struct err *err)
{
	if (!job->sqpoll || 2 * job->threads <= get_nprocs())
		return 0;
	return err_set(err, EINVAL,
	               "sqpoll: %d worker%s and as many polling kernel threads need %d CPUs, and "
	               "there %s %d",
	               job->threads, job->threads == 1 ? "" : "s", 2 * job->threads,
	               get_nprocs() == 1 ? "is" : "are", get_nprocs());
}

/* A poller names itself when it runs for the first time; before that it has its worker's name.  Its number, as the
 * kernel tells it in fdinfo and in the name, is another one inside a PID namespace: only the folder's entry is ours. */
static bool is_poller(int task_fd, const char *entry)
{
	char path[280], name[32];

	snprintf(path, sizeof(path), "%s/comm", entry);
	return text_read_at(task_fd, path, name, sizeof(name), NULL) > 0 &&
	       !strncmp(name, "iou-sqp-", strlen("iou-sqp-"));
}

/* -EAGAIN: done, but a poller that is only about to move itself may undo it. */
static int place_one(pid_t tid, const cpu_set_t *want, struct err *err)
{
	const struct sched_param param = { 0 };
	cpu_set_t has;

	if (sched_getscheduler(tid) == SCHED_OTHER && !sched_getaffinity(tid, sizeof(has), &has) &&
	    (!CPU_COUNT(want) || CPU_EQUAL(&has, want)))
		return 0;
	if (sched_setscheduler(tid, SCHED_OTHER, &param) < 0)
		return err_sys(err, "sqpoll: the policy of its thread");
	if (!CPU_COUNT(want) || !sched_setaffinity(tid, sizeof(*want), want))
		return -EAGAIN;
	/* EINVAL: a kernel that keeps it where it is */
	return errno == EINVAL ? 0 : err_sys(err, "sqpoll: the CPUs of its thread");
}

/* How many are there and placed. */
static int place_all(const cpu_set_t *want, struct err *err)
{
	CLEANUP(dir_close) DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	int placed = 0;

	if (!dir)
		return err_sys(err, "/proc/self/task");
	while ((entry = readdir(dir))) {
		uint64_t tid;
		int rc;

		if (text_parse_u64(entry->d_name, 1, INT32_MAX, &tid, NULL) < 0 ||
		    !is_poller(dirfd(dir), entry->d_name))
			continue;
		rc = place_one((pid_t)tid, want, err);
		if (rc < 0 && rc != -EAGAIN)
			return rc;
		placed += !rc;
	}
	return placed;
}

int poller_place(const struct job *job, int nr, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	cpu_set_t want;

	/* the main thread's CPUs: under a host those that it keeps the workers off */
	if (sched_getaffinity(getpid(), sizeof(want), &want) < 0)
		return err_sys(err, "sqpoll: our CPUs");
	for (int i = 0; i < job->nr_pins; i++)
		CPU_CLR((size_t)job->pin[i], &want);
	/* asleep: on our CPU a real-time worker would keep it from running at all */
	for (int i = 0; i < BORN_MS; i++) {
		int placed = place_all(&want, err);

		if (placed < 0 || placed >= nr)
			return placed < 0 ? placed : 0;
		nanosleep(&pause, NULL);
	}
	return err_set(err, ETIMEDOUT, "sqpoll: the kernel's thread has not started within %d ms",
	               BORN_MS);
}
