/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rlimits.c - what a plan takes of each limit, as an upper bound: the number that is named must suffice.
 *
 * RLIMIT_NPROC counts the threads of a user (real uid), and not those of root (kernel/fork.c, copy_process());
 * RLIMIT_MEMLOCK counts what io_uring registers without CAP_IPC_LOCK, which no child of ours has
 * (io_uring/rsrc.c, __io_account_mem()).
 */
#include "rlimits.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "catalog.h"
#include "cleanup.h"
#include "events.h"
#include "plan.h"
#include "plan_place.h"
#include "spec.h"
#include "text.h"
#include "topology.h"

#define STACK_USUAL (8 << 20)
#define PAGE        4096ULL
#define HUGE        (2ULL << 20)

/* qlaunch's own files: results, state, the pump, probes of QEMU and of the host, a report.  Of each VM: QMP, channel,
 * console, pidfd, stderr, scratch, its timers. */
#define FILES_OWN  48
#define FILES_VM   12
#define FILES_DISK 4
/* QEMU's: its main loop, its libraries, Landlock; an eventfd pair of each queue, KVM's file of a vCPU; an event loop
 * of each iothread. */
#define FILES_QEMU     64
#define FILES_IOTHREAD 8

/* QEMU's main thread, RCU, signals, its worker of pages; a pool of aio=threads has up to 64 (util/thread-pool.c). */
#define TASKS_QEMU 8
#define TASKS_POOL 64
#define TASKS_OWN  8

int rlimits_check_stack(struct err *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur >= RLIMITS_STACK_BYTES)
		return 0;
	if (limit.rlim_max < RLIMITS_STACK_BYTES)
		return err_set(
		        err, EINVAL,
		        "RLIMIT_STACK is %llu KiB, and qlaunch needs %d KiB: raise it in the "
		        "shell that starts qlaunch (ulimit -s %d)",
		        (unsigned long long)limit.rlim_max / 1024, RLIMITS_STACK_BYTES / 1024,
		        RLIMITS_STACK_BYTES / 1024);
	limit.rlim_cur = limit.rlim_max < STACK_USUAL ? limit.rlim_max : STACK_USUAL;
	return setrlimit(RLIMIT_STACK, &limit) ? err_sys(err, "RLIMIT_STACK") : 0;
}

/* Returns the soft limit that was there; *ret is the one that is. */
static rlim_t raise_soft(__rlimit_resource_t resource, rlim_t *ret)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	rlim_t old;

	getrlimit(resource, &limit);
	old = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	*ret = setrlimit(resource, &limit) ? old : limit.rlim_max;
	return old;
}

/* The threads of a process of this real uid; 0 of any other.  The owner of its folder in /proc may be root all the same:
 * proc(5), dumpable. */
static long tasks_of(const char *pid, unsigned uid)
{
	char name[64], text[4096];
	const char *user, *threads;
	unsigned theirs;
	long nr;

	snprintf(name, sizeof(name), "/proc/%.16s/status", pid);
	if (text_read_file(name, text, sizeof(text), NULL) < 0)
		return 0;
	user = strstr(text, "\nUid:");
	threads = strstr(text, "\nThreads:");
	if (!user || !threads || sscanf(user, "\nUid: %u", &theirs) != 1 || theirs != uid ||
	    sscanf(threads, "\nThreads: %ld", &nr) != 1)
		return 0;
	return nr;
}

static long count_tasks(unsigned uid)
{
	CLEANUP(dir_close) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	long nr = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			nr += tasks_of(entry->d_name, uid);
	}
	return nr;
}

static int refuse_files(const struct rlimits *limits, long needed, const char *what,
                        struct err *err)
{
	return err_set(err, EINVAL,
	               "RLIMIT_NOFILE: %s takes up to %ld open files, and the hard limit is %llu: "
	               "raise it in the shell that starts qlaunch (ulimit -n %ld)",
	               what, needed, (unsigned long long)limits->files, needed);
}

static long files_of_qemu(const struct spec *spec, int vcpus, int queues, int iothreads)
{
	long disks = spec->nr_disks + 1; /* the scratch, or the network's queues */

	return FILES_QEMU + vcpus + disks * (FILES_DISK + 2 * (queues > vcpus ? queues : vcpus)) +
	       FILES_IOTHREAD * iothreads;
}

/* Before QEMU is asked what it can do, so there is no plan yet. */
static int check_files_early(const struct rlimits *limits, const struct spec *spec,
                             const struct topology *host, struct err *err)
{
	const bool tuned = spec->virtio == VIRTIO_TUNED;
	long own = FILES_OWN + FILES_VM + FILES_DISK * spec->nr_disks;
	long qemu = spec->where == WHERE_GUEST
	                    ? files_of_qemu(spec, plan_vcpus(spec, host), spec->queues,
	                                    spec->iothreads > tuned ? spec->iothreads : tuned)
	                    : 0;

	if (limits->files >= (rlim_t)own)
		return 0;
	return refuse_files(limits, own > qemu ? own : qemu, "qlaunch", err);
}

int rlimits_open(const struct spec *spec, const struct topology *host, struct rlimits *ret,
                 struct err *err)
{
	*ret = (struct rlimits){ .tasks = RLIM_INFINITY };
	ret->files_inherited = raise_soft(RLIMIT_NOFILE, &ret->files);
	raise_soft(RLIMIT_MEMLOCK, &ret->memlock_bytes);
	if (getuid())
		raise_soft(RLIMIT_NPROC, &ret->tasks);
	if (ret->tasks != RLIM_INFINITY)
		ret->nr_tasks = count_tasks(getuid());
	return check_files_early(ret, spec, host, err);
}

static int check_files(const struct rlimits *limits, const struct spec *spec,
                       const struct plan *plan, struct err *err)
{
	long own = FILES_OWN + FILES_VM * plan->vms + FILES_DISK * spec->nr_disks;
	long qemu = plan->guest ? files_of_qemu(spec, plan->vcpus, plan->queues, plan->iothreads)
	                        : 0;
	char what[96];

	snprintf(what, sizeof(what), "%s", "the native workload");
	if (plan->guest)
		snprintf(what, sizeof(what), "%d VM%s with %d vCPU%s and %d iothread%s", plan->vms,
		         plan->vms == 1 ? "" : "s", plan->vcpus, plan->vcpus == 1 ? "" : "s",
		         plan->iothreads, plan->iothreads == 1 ? "" : "s");
	own = own > qemu ? own : qemu;
	return limits->files < (rlim_t)own ? refuse_files(limits, own, what, err) : 0;
}

static long tasks_of_plan(const struct plan *plan)
{
	long pools = plan->aio == AIO_THREADS ? 1 + plan->iothreads : 0;
	long one = plan->vcpus + plan->iothreads + TASKS_QEMU + TASKS_POOL * pools;

	return TASKS_OWN + (plan->guest ? plan->vms * one : plan->vcpus);
}

static int check_tasks(const struct rlimits *limits, const struct plan *plan, struct err *err)
{
	long needed = tasks_of_plan(plan);

	if (limits->tasks == RLIM_INFINITY || limits->tasks >= (rlim_t)(needed + limits->nr_tasks))
		return 0;
	return err_set(err, EINVAL,
	               "RLIMIT_NPROC: this takes up to %ld threads, this user has %ld already, and "
	               "the hard limit is %llu: raise it in the shell that starts qlaunch (ulimit "
	               "-u %ld)",
	               needed, limits->nr_tasks, (unsigned long long)limits->tasks,
	               needed + limits->nr_tasks);
}

static uint64_t round_up(uint64_t bytes, uint64_t to)
{
	return (bytes + to - 1) / to * to;
}

/* The rings of all workers: entries of 64 bytes, twice as many completions of 16, and the indexes. */
static uint64_t ring_bytes(const struct spec *spec, const struct plan *plan)
{
	uint64_t slots = 1;

	while (slots < (uint64_t)spec->iodepth)
		slots *= 2;
	return (round_up(slots * 64, PAGE) + round_up(slots * 32 + 512, PAGE)) *
	       (uint64_t)plan->vcpus;
}

/* A buffer of 2 MiB or more may lie in huge pages, which count as a whole. */
static uint64_t buffer_bytes(const struct spec *spec, const struct plan *plan)
{
	uint64_t one = (uint64_t)spec->iodepth * spec->bs_bytes;

	one = one >= HUGE ? round_up(one, HUGE) + HUGE : round_up(one, PAGE);
	return one * (uint64_t)plan->vcpus;
}

/* Rings count since Linux 6.14 (io_create_region()); before that only what is registered. */
static bool kernel_counts_rings(void)
{
	struct utsname name;
	int major, minor;

	return !uname(&name) && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 14));
}

static bool does_io(const struct spec *spec)
{
	for (int i = 0; i < spec->nr_workloads; i++) {
		if (workload_find(spec->workload[i])->is_io)
			return true;
	}
	return false;
}

/* Twice: the kernel releases what a trial had locked some time after its end, and the next one locks its own. */
static int check_memlock(const struct rlimits *limits, const struct spec *spec, struct plan *plan,
                         struct err *err)
{
	uint64_t rings = ring_bytes(spec, plan);
	uint64_t needed = 2 * (rings + buffer_bytes(spec, plan));
	unsigned long long have = (unsigned long long)limits->memlock_bytes / 1024;

	if (plan->guest || !does_io(spec) || limits->memlock_bytes == RLIM_INFINITY ||
	    limits->memlock_bytes >= needed)
		return 0;
	if (limits->memlock_bytes < rings && kernel_counts_rings())
		return err_set(err, EINVAL,
		               "RLIMIT_MEMLOCK: the rings and buffers of io_uring take %" PRIu64
		               " KiB natively, and the hard limit is %llu KiB: raise it in the "
		               "shell that starts qlaunch (ulimit -l %" PRIu64 ")",
		               needed / 1024, have, needed / 1024);
	plan_note(plan,
	          "RLIMIT_MEMLOCK is %llu KiB, and the rings and buffers of io_uring take up to "
	          "%" PRIu64 " KiB: without registered buffers a native request costs more than "
	          "in the guest (ulimit -l %" PRIu64 ")",
	          have, needed / 1024, needed / 1024);
	return 0;
}

/* All events on all threads; which of them this PMU has is only known once they are opened. */
static void note_counters(const struct rlimits *limits, const struct spec *spec, struct plan *plan)
{
	struct event_set set;
	struct err ignored;
	long needed;

	if (spec->observe == OBSERVE_LIGHT)
		return;
	if (!spec->events)
		events_builtin(&set);
	else if (events_parse(spec->events, EVENTS_SYSFS, &set, &ignored))
		return; /* refused elsewhere */
	needed = FILES_OWN + FILES_VM * plan->vms + (long)set.nr * plan->nr_placements * plan->vms;
	if (limits->files < (rlim_t)needed)
		plan_note(plan,
		          "RLIMIT_NOFILE is %llu, and the counters of all threads take up to %ld "
		          "files: some figures may be missing (ulimit -n %ld)",
		          (unsigned long long)limits->files, needed, needed);
}

int rlimits_check(const struct rlimits *limits, const struct spec *spec, struct plan *plan,
                  struct err *err)
{
	int rc = check_files(limits, spec, plan, err);

	if (!rc)
		rc = check_tasks(limits, plan, err);
	if (!rc)
		rc = check_memlock(limits, spec, plan, err);
	if (!rc)
		note_counters(limits, spec, plan);
	return rc;
}
