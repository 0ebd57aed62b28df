/* SPDX-License-Identifier: GPL-2.0-or-later */
/* affinity.c - one thread's CPU mask, set and read back.  Knows no plan. */
#include "affinity.h"

#include <errno.h>
#include <fcntl.h>
#include <numa.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "process.h"
#include "refusal.h"

/* Room for any kernel's mask (CONFIG_NR_CPUS is at most 8192): a shorter one is refused with EINVAL. */
#define MASK_BITS 8192
#define TRY_MS    2000
#define LONG_BITS (8 * sizeof(unsigned long))

/* libnuma's own bitmasks end the program when memory is short; this one needs none. */
struct mask {
	unsigned long words[MASK_BITS / LONG_BITS];
	struct bitmask bits;
};

static struct bitmask *mask_init(struct mask *mask)
{
	*mask = (struct mask){ .bits.size = MASK_BITS };
	mask->bits.maskp = mask->words;
	return &mask->bits;
}

int affinity_read(pid_t tid, struct cpuset *ret, struct err *err)
{
	struct mask mask;
	struct bitmask *bits = mask_init(&mask);
	int bytes = numa_sched_getaffinity(tid, bits); /* as many as this kernel's mask has */

	if (bytes < 0)
		return err_sys(err, "thread %d: reading its affinity", tid);
	*ret = (struct cpuset){ 0 };
	for (int cpu = 0; cpu < CPUSET_CPUS && cpu < 8 * bytes; cpu++) {
		if (numa_bitmask_isbitset(bits, (unsigned int)cpu))
			cpuset_add(ret, cpu);
	}
	return 0;
}

static int set_mask(pid_t tid, const struct cpuset *want)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_SYS_NICE);
	struct mask mask;
	struct bitmask *bits = mask_init(&mask);

	for (int cpu = cpuset_next(want, -1); cpu >= 0; cpu = cpuset_next(want, cpu))
		numa_bitmask_setbit(bits, (unsigned int)cpu);
	return numa_sched_setaffinity(tid, bits) < 0 ? -errno : 0;
}

int affinity_apply(pid_t tid, const struct cpuset *want, struct err *err)
{
	struct cpuset got;
	int rc;

	if (tid <= 1)
		return err_set(err, EINVAL, "%d is no thread to pin", tid);
	if (!cpuset_count(want))
		return err_set(err, EINVAL, "thread %d: no CPU is left for it", tid);
	rc = set_mask(tid, want);
	if (rc)
		return refusal_affinity(tid, want, -rc, err);
	rc = affinity_read(tid, &got, err);
	if (rc)
		return rc;
	/* {1,7} on two CPUs succeeds and becomes {1}; so does a mask that reaches out of the cpuset */
	if (!cpuset_is_equal(&got, want))
		return refusal_narrowed(tid, want, &got, err);
	return 0;
}

static _Noreturn void try_widest(const struct cpuset *online, int fd)
{
	struct cpuset got;

	if (set_mask(0, online) || affinity_read(0, &got, NULL) ||
	    write(fd, &got, sizeof(got)) != (ssize_t)sizeof(got))
		_exit(1);
	_exit(0);
}

int affinity_widest(const struct cpuset *online, struct cpuset *ret, struct err *err)
{
	CLEANUP(fd_close) int from = -1, to = -1;
	struct cpuset got;
	int fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return err_sys(err, "pipe");
	from = fds[0];
	to = fds[1];
	pid = process_fork();
	if (pid < 0)
		return err_sys(err, "fork");
	if (!pid)
		try_widest(online, to);
	fd_close(&to);
	/* a child at a real-time policy can be kept from its CPU for long: then the affinity has to do */
	if (poll(&(struct pollfd){ .fd = from, .events = POLLIN }, 1, TRY_MS) != 1) {
		kill(pid, SIGKILL);
		return err_set(err, ETIMEDOUT, "no CPU was tried within %d ms", TRY_MS);
	}
	n = read(from, &got, sizeof(got));
	if (waitpid(pid, NULL, 0) != pid || n != (ssize_t)sizeof(got))
		return err_set(err, EPERM, "the kernel lets this process change no affinity");
	*ret = got;
	return 0;
}
