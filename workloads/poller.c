/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poller.c - room for a thread that never rests. */
#include "poller.h"

#include <errno.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "job.h"

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

int poller_place(const struct job *job, pid_t tid, struct err *err)
{
	const struct sched_param param = { 0 };
	cpu_set_t cpus;

	if (!job->sqpoll)
		return 0;
	if (!tid) /* left with its worker's policy it might keep that one out */
		return err_set(err, ESRCH, "sqpoll: the kernel does not say which thread polls");
	if (sched_setscheduler(tid, SCHED_OTHER, &param) < 0)
		return err_sys(err, "sqpoll: the policy of its thread");
	/* the main thread's CPUs: under a host those that it keeps the workers off */
	if (sched_getaffinity(getpid(), sizeof(cpus), &cpus) < 0)
		return err_sys(err, "sqpoll: our CPUs");
	for (int i = 0; i < job->nr_pins; i++)
		CPU_CLR((size_t)job->pin[i], &cpus);
	/* EINVAL: a kernel that keeps it where it is */
	if (CPU_COUNT(&cpus) && sched_setaffinity(tid, sizeof(cpus), &cpus) < 0 && errno != EINVAL)
		return err_sys(err, "sqpoll: the CPUs of its thread");
	return 0;
}
