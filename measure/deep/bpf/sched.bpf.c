/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched.bpf.c - what the scheduler does to the target's threads, summed up in the kernel.  Writes no event anywhere.
 *
 * One program a context switch and one a wake-up.  A task of another process costs one comparison each: the whole
 * machine's switches come through here.  A thread is known from its first switch or wake-up on, whenever it was born.
 * Its entry needs no atomics: the scheduler itself orders a thread's leaving, waking and coming back.
 */
#include "maps.bpf.h"

#define TASK_DEAD  0x80
#define LOCK_SPINS 1 /* LCB_F_SPIN: it will not sleep for it */

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DEEP_PREEMPTORS);
	__type(key, struct deep_pair);
	__type(value, struct deep_preemption);
} preemptors SEC(".maps");

static __always_inline void bury_hist(struct deep_hist *into, const struct deep_hist *from)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < DEEP_BUCKETS; i++) {
		if (from->bucket[i])
			__sync_fetch_and_add(&into->bucket[i], from->bucket[i]);
	}
}

static __always_inline void blame(struct deep_control *c, unsigned int victim,
                                  struct task_struct *next)
{
	struct deep_pair pair = { victim, next->pid };
	struct deep_preemption *found = bpf_map_lookup_elem(&preemptors, &pair),
	                       fresh = { .count = 1 };

	if (found) {
		found->count++;
		return;
	}
	bpf_probe_read_kernel_str(fresh.comm, sizeof(fresh.comm), next->comm);
	if (bpf_map_update_elem(&preemptors, &pair, &fresh, BPF_NOEXIST))
		__sync_fetch_and_add(&c->lost_preemptors, 1);
}

/*
 * Why a thread sleeps that does not wait for a disk.  Its system call's number stands where its registers lie; a page
 * fault has the fault's error code there, which has no value as high as futex's.
 */
static __always_inline unsigned int cause_of_sleep(const struct deep_thread *thread,
                                                   struct task_struct *task)
{
	struct pt_regs *regs;

	if (thread->lock)
		return DEEP_LOCK;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (regs->orig_ax == DEEP_SYS_FUTEX)
		return deep_futex_cause(regs->si, regs->dx);
	return regs->orig_ax == DEEP_SYS_FUTEX_WAITV ? DEEP_CONDITION : DEEP_OTHER;
}

/* SCHED_FIFO or SCHED_RR gives way to a normal thread only where the kernel makes it. */
static __always_inline int is_displaced(const struct task_struct *prev,
                                        const struct task_struct *next)
{
	return next->pid && (prev->policy == 1 || prev->policy == 2) &&
	       (next->policy == 0 || next->policy == 3 || next->policy == 5);
}

static __always_inline void leave(struct deep_control *c, struct task_struct *prev,
                                  struct task_struct *next, unsigned long long now, int runnable)
{
	struct deep_thread *thread = find_thread(c, prev->pid);

	if (!thread)
		return;
	if (thread->cause > DEEP_ON_CPU) /* not on its first event */
		__sync_fetch_and_add(&c->unseen, 1);
	thread->out_ns = now;
	thread->woken = 0;
	thread->runnable_ns = runnable ? now : 0;
	thread->preemptor = 0;
	thread->displaced = 0;
	if (runnable) {
		thread->displaced = is_displaced(prev, next);
		thread->cause = DEEP_PREEMPTED;
		/* nobody's fault where the next one is the idle task: it moves to another CPU */
		if (next->pid) {
			thread->preemptor = next->pid;
			blame(c, prev->pid, next);
		}
		return;
	}
	thread->cause = BPF_CORE_READ_BITFIELD(prev, in_iowait) ? DEEP_IO
	                                                        : cause_of_sleep(thread, prev);
}

static __always_inline void count_delay(struct deep_thread *thread, unsigned long long now,
                                        unsigned long long since)
{
	unsigned long long delay = now > since ? now - since : 0;
	unsigned int bucket = bucket_of(delay);

	thread->sums.run_delay_ns += delay;
	hist_count(&thread->sums.run_delay, bucket);
	if (delay > thread->sums.run_delay_max_ns)
		thread->sums.run_delay_max_ns = delay;
	if (!thread->woken)
		return;
	hist_count(&thread->sums.wakeup, bucket);
	if (delay > thread->sums.wakeup_max_ns)
		thread->sums.wakeup_max_ns = delay;
}

static __always_inline void count_off(struct deep_control *c, struct deep_thread *thread,
                                      unsigned int tid, unsigned long long now)
{
	unsigned long long since = thread->out_ns, until = now;
	unsigned int cause = thread->cause;
	unsigned long long off;

	/* asleep until it was woken; from there on it waited for a CPU, which run_delay says */
	if (cause != DEEP_PREEMPTED && thread->runnable_ns)
		until = thread->runnable_ns;
	if (since < c->start_ns)
		since = c->start_ns;
	off = until > since ? until - since : 0;
	if (cause < DEEP_CAUSES)
		thread->sums.off_ns[cause] += off;
	if (cause == DEEP_OTHER)
		thread->asleep_ns += off;
	if (cause == DEEP_PREEMPTED && thread->displaced)
		thread->sums.displaced_ns += off;
	if (cause == DEEP_PREEMPTED && thread->preemptor) {
		struct deep_pair pair = { tid, thread->preemptor };
		struct deep_preemption *found = bpf_map_lookup_elem(&preemptors, &pair);

		if (found)
			found->ns += off;
	}
}

static __always_inline void come_back(struct deep_control *c, unsigned int tid,
                                      unsigned long long now)
{
	struct deep_thread *thread = find_thread(c, tid);
	unsigned long long since;

	if (!thread)
		return;
	/* found runnable by /proc, and not seen to leave since: it has waited from then on */
	if (thread->cause == DEEP_ON_CPU && thread->out_ns) {
		thread->cause = DEEP_PREEMPTED;
		thread->runnable_ns = thread->out_ns;
	}
	since = thread->runnable_ns < c->start_ns ? c->start_ns : thread->runnable_ns;
	if (thread->runnable_ns)
		count_delay(thread, now, since);
	if (thread->out_ns)
		count_off(c, thread, tid, now);
	thread->out_ns = 0;
	thread->runnable_ns = 0;
	thread->cause = DEEP_ON_CPU;
}

/* The entry makes room for one of a later thread; its sums go where those of all ended threads are. */
static __always_inline void bury(struct deep_control *c, unsigned int tid)
{
	unsigned int nobody = 0;
	struct deep_thread *thread = known_thread(tid);
	struct deep_thread *grave = bpf_map_lookup_elem(&threads, &nobody);

	if (!thread)
		return;
	if (grave && thread->epoch == c->epoch && grave->epoch == c->epoch) {
		bury_hist(&grave->sums.run_delay, &thread->sums.run_delay);
		bury_hist(&grave->sums.wakeup, &thread->sums.wakeup);
		for (int i = 0; i < DEEP_CAUSES; i++)
			__sync_fetch_and_add(&grave->sums.off_ns[i], thread->sums.off_ns[i]);
		__sync_fetch_and_add(&grave->sums.run_delay_ns, thread->sums.run_delay_ns);
		__sync_fetch_and_add(&grave->sums.displaced_ns, thread->sums.displaced_ns);
		/* two that end at once may lose a largest value to each other, never a sum */
		if (thread->sums.run_delay_max_ns > grave->sums.run_delay_max_ns)
			grave->sums.run_delay_max_ns = thread->sums.run_delay_max_ns;
		if (thread->sums.wakeup_max_ns > grave->sums.wakeup_max_ns)
			grave->sums.wakeup_max_ns = thread->sums.wakeup_max_ns;
	}
	thread->tid = 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, _Bool preempt, struct task_struct *prev, struct task_struct *next,
             unsigned int prev_state)
{
	struct deep_control *c = get_control();
	unsigned long long now;
	int leaves, comes;

	if (!c)
		return 0;
	leaves = prev->tgid == c->tgid;
	comes = next->tgid == c->tgid;
	if (!leaves && !comes)
		return 0;
	now = bpf_ktime_get_ns();
	if (leaves && (prev_state & TASK_DEAD))
		bury(c, prev->pid);
	else if (leaves)
		leave(c, prev, next, now, preempt || !prev_state);
	if (comes)
		come_back(c, next->pid, now);
	return 0;
}

static __always_inline int wake(struct task_struct *task)
{
	struct deep_control *c = get_control();
	struct deep_thread *thread;

	if (!c || task->tgid != c->tgid)
		return 0;
	thread = find_thread(c, task->pid);
	/* one that was on its CPU, or waits for one already, is not woken by this */
	if (!thread || thread->runnable_ns || thread->cause == DEEP_ON_CPU)
		return 0;
	thread->runnable_ns = bpf_ktime_get_ns();
	thread->woken = 1;
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	return wake(task);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(on_wakeup_new, struct task_struct *task)
{
	return wake(task);
}

/* The current thread's entry, where it is one of the target's and known. */
static __always_inline struct deep_thread *current_thread(void)
{
	unsigned long long task = bpf_get_current_pid_tgid();
	struct deep_control *c = get_control();

	return c && task >> 32 == c->tgid ? known_thread(task) : 0;
}

/* A mutex or a semaphore of the kernel's is held by another: if the thread sleeps now, it is for that. */
SEC("tp_btf/contention_begin")
int BPF_PROG(on_contention, void *lock, unsigned int flags)
{
	struct deep_thread *thread = flags & LOCK_SPINS ? 0 : current_thread();

	if (thread)
		thread->lock = (unsigned long long)lock;
	return 0;
}

/* On its way to sleep it may have to spin for others, those of its CPU's run queue first of all. */
SEC("tp_btf/contention_end")
int BPF_PROG(on_contention_end, void *lock)
{
	struct deep_thread *thread = current_thread();

	if (thread && thread->lock == (unsigned long long)lock)
		thread->lock = 0;
	return 0;
}
