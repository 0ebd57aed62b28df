/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_state.c - what a thread is in the middle of.  Knows no BPF but the shape of an entry. */
#include "deep_state.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "deep_hist.h"
#include "deep_shared.h"
#include "exit_names.h"
#include "text.h"

#define NOT_KNOWN (~0ULL)
#define TICK_NS                                                                                    \
	10000000 /* CPU time of a thread that runs is counted by the tick: 100 Hz at least */

/* "202 0x7f.. 0x80 0x2 ...": the system call that it sleeps in, and its arguments. */
static enum deep_cause cause_of_sleep(pid_t pid, pid_t tid)
{
	unsigned long long number, op, word;
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	if (text_read_file(path, text, sizeof(text), NULL) < 0 ||
	    sscanf(text, "%llu 0x%*x 0x%llx 0x%llx", &number, &op, &word) != 3)
		return DEEP_OTHER;
	if (number == DEEP_SYS_FUTEX)
		return deep_futex_cause(op, (unsigned int)word);
	return number == DEEP_SYS_FUTEX_WAITV ? DEEP_CONDITION : DEEP_OTHER;
}

/* CPU time and run delay so far.  False: gone, or the kernel keeps neither. */
static bool read_schedstat(pid_t pid, pid_t tid, unsigned long long *ret_cpu_ns,
                           unsigned long long *ret_delay_ns)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	return text_read_file(path, text, sizeof(text), NULL) >= 0 &&
	       sscanf(text, "%llu %llu", ret_cpu_ns, ret_delay_ns) == 2;
}

bool deep_state_now(pid_t pid, pid_t tid, struct deep_thread *ret)
{
	char path[64], text[512];
	const char *tail;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (text_read_file(path, text, sizeof(text), NULL) < 0)
		return false;
	tail = strrchr(text, ')'); /* the name before it may hold anything */
	if (!tail || !tail[1] || strchr("ZX", tail[2]))
		return false;
	/* 'R': on its CPU, or waiting for one; the first switch tells */
	*ret = (struct deep_thread){
		.cause = tail[2] == 'R'   ? DEEP_ON_CPU
		         : tail[2] == 'D' ? DEEP_IO
		                          : cause_of_sleep(pid, tid),
		.out_ns = (unsigned long long)clock_now_ns(),
	};
	if (ret->cause == DEEP_ON_CPU &&
	    !read_schedstat(pid, tid, &ret->found_cpu_ns, &ret->found_delay_ns))
		ret->found_cpu_ns = NOT_KNOWN;
	return true;
}

/* A vCPU that sleeps in its halt: the last exit was one, or it waits in kvm_vcpu_block. */
static bool is_halted(pid_t pid, pid_t tid, const struct deep_thread *thread)
{
	const char *reason = thread->exit_ns ? exit_name(thread->exit_isa, thread->exit_reason)
	                                     : NULL;
	char path[64], text[128];

	if (reason)
		return !strcasecmp(reason, "hlt");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", pid, tid);
	return text_read_file(path, text, sizeof(text), NULL) > 0 &&
	       !strncmp(text, "kvm_vcpu_", strlen("kvm_vcpu_"));
}

/* A halt that has not ended may have been slept through in pieces: those before the last are counted as other sleep. */
static void close_halt(struct deep_thread *thread)
{
	struct deep_sums *sums = &thread->sums;
	unsigned long long asleep = thread->asleep_ns;

	if (asleep > sums->off_ns[DEEP_OTHER])
		asleep = sums->off_ns[DEEP_OTHER];
	sums->off_ns[DEEP_OTHER] -= asleep;
	sums->off_ns[DEEP_HALTED] += asleep;
	if (thread->cause == DEEP_OTHER)
		thread->cause = DEEP_HALTED;
}

/*
 * Found runnable, and no switch since: it ran all the while, or it waited all the while.  /proc is read some time after the
 * window, when it may have got a CPU; the wait is then in its run delay, whole.
 */
static void settle_found(pid_t pid, pid_t tid, unsigned long long stop_ns,
                         struct deep_thread *thread)
{
	const unsigned long long waited_ns = stop_ns - thread->out_ns;
	unsigned long long cpu_ns, delay_ns;

	if (thread->out_ns >= stop_ns || thread->found_cpu_ns == NOT_KNOWN ||
	    !read_schedstat(pid, tid, &cpu_ns, &delay_ns))
		return;
	if (cpu_ns - thread->found_cpu_ns + TICK_NS >= waited_ns &&
	    delay_ns - thread->found_delay_ns < waited_ns)
		return;
	thread->cause = DEEP_PREEMPTED;
	thread->runnable_ns = thread->out_ns;
}

/* A wait for a CPU that has not ended counts as if it ended with the window. */
static void close_delay(unsigned long long start_ns, unsigned long long stop_ns,
                        struct deep_thread *thread)
{
	const unsigned long long since = thread->runnable_ns < start_ns ? start_ns
	                                                                : thread->runnable_ns;
	struct deep_sums *sums = &thread->sums;
	unsigned long long delay;

	if (!thread->runnable_ns || stop_ns <= since)
		return;
	delay = stop_ns - since;
	sums->run_delay_ns += delay;
	deep_hist_add(&sums->run_delay, delay);
	if (delay > sums->run_delay_max_ns)
		sums->run_delay_max_ns = delay;
	if (!thread->woken)
		return;
	deep_hist_add(&sums->wakeup, delay);
	if (delay > sums->wakeup_max_ns)
		sums->wakeup_max_ns = delay;
}

void deep_state_close(pid_t pid, pid_t tid, int64_t start_ns, int64_t stop_ns, unsigned int epoch,
                      struct deep_thread *thread)
{
	unsigned long long since = thread->out_ns, until = (unsigned long long)stop_ns;
	unsigned int cause;

	if (thread->epoch != epoch)
		thread->sums = (struct deep_sums){ 0 };
	thread->epoch = epoch;
	if ((thread->cause == DEEP_OTHER || thread->asleep_ns) && is_halted(pid, tid, thread))
		close_halt(thread);
	if (thread->cause == DEEP_ON_CPU && since)
		settle_found(pid, tid, until, thread);
	close_delay((unsigned long long)start_ns, until, thread);
	cause = thread->cause;
	if (!since || cause <= DEEP_ON_CPU || cause >= DEEP_CAUSES)
		return;
	if (cause != DEEP_PREEMPTED && thread->runnable_ns && thread->runnable_ns < until)
		until = thread->runnable_ns;
	if (since < (unsigned long long)start_ns)
		since = (unsigned long long)start_ns;
	if (until > since)
		thread->sums.off_ns[cause] += until - since;
	if (until > since && cause == DEEP_PREEMPTED && thread->displaced)
		thread->sums.displaced_ns += until - since;
}
