/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_shared.h - what the programs in the kernel and their readers both see: keys and values of the maps.
 * Plain C types: the BPF side has no libc.
 */
#ifndef MEASURE_DEEP_SHARED_H
#define MEASURE_DEEP_SHARED_H

#define DEEP_SLOTS      2048 /* for threads of the target that are alive at once; a power of two */
#define DEEP_PROBES     16   /* slots that a TID may have, from the one of its low bits on */
#define DEEP_PREEMPTORS 2048 /* pairs of victim and preemptor */
#define DEEP_EXITS      2048 /* pairs of vCPU and reason */

/* Log-linear: 8 buckets a power of two (a bucket's middle is at most 6 % off) up to 2^41 ns, a good half hour. */
#define DEEP_SUB_BITS 3
#define DEEP_MAX_BITS 41
#define DEEP_BUCKETS  ((DEEP_MAX_BITS - DEEP_SUB_BITS + 1) << DEEP_SUB_BITS)

/* Where a thread is: not seen yet, on its CPU, or off it for a reason. */
enum deep_cause {
	DEEP_UNKNOWN,
	DEEP_ON_CPU,
	DEEP_PREEMPTED,
	DEEP_IO,
	DEEP_LOCK,
	DEEP_CONDITION,
	DEEP_OTHER,
	DEEP_HALTED,
	DEEP_CAUSES
};

/* What a thread that waits in futex(2) waits for: its operation, and the word that it saw. */
#define DEEP_SYS_FUTEX       202
#define DEEP_SYS_FUTEX_WAITV 449

/*
 * A lock: the kernel's own PI futex, or the word of a mutex that is held and waited for: 2 (glibc's and most others'),
 * or an owner's TID below the top bit (robust ones, musl's).  Every other wait is for a condition: a condition
 * variable, a semaphore, an event (QEMU's waits at -1), a thread's end.
 */
static inline enum deep_cause deep_futex_cause(unsigned long long op, unsigned int word)
{
	const unsigned int wait = 0, lock_pi = 6, lock_pi2 = 13, command = op & 0x7f;

	if (command == lock_pi || command == lock_pi2)
		return DEEP_LOCK;
	if (command == wait && (word == 2 || (word >> 31 && word != ~0u)))
		return DEEP_LOCK;
	return DEEP_CONDITION;
}

struct deep_hist {
	unsigned int bucket[DEEP_BUCKETS];
};

/* What happened to a thread in this epoch. */
struct deep_sums {
	unsigned long long off_ns[DEEP_CAUSES];
	unsigned long long run_delay_ns, run_delay_max_ns, wakeup_max_ns;
	/* of DEEP_PREEMPTED: a real-time thread, and a normal one ran instead */
	unsigned long long displaced_ns;
	struct deep_hist run_delay, wakeup;
};

/* One thread; the first slot holds the sums of all that have ended. */
struct deep_thread {
	unsigned long long out_ns;      /* since when it is off its CPU; 0: never seen to leave */
	unsigned long long runnable_ns; /* since when it waits for a CPU; 0: it does not */
	unsigned long long
	        asleep_ns; /* since the last exit, or the last halt's end: asleep in all */
	unsigned long long exit_ns;
	unsigned long long lock; /* of the kernel's: contention_begin was told, its end not yet */
	unsigned int exit_reason;
	unsigned short exit_isa, woken;
	unsigned int cause, preemptor; /* cause: enum deep_cause */
	unsigned int epoch; /* the sums are of an earlier window where it is another one */
	unsigned int
	        tid; /* whose slot it is; 0: nobody's.  What a switch touches ends here, after 64 bytes */
	struct deep_sums sums;
	unsigned long long displaced; /* left its CPU so, and is not back */
	/* of /proc's schedstat, when it was found runnable: tells at the end whether it has run (deep_state.c) */
	unsigned long long found_cpu_ns, found_delay_ns;
	unsigned long long unused; /* to a multiple of 64 bytes */
};

struct deep_pair {
	unsigned int victim, preemptor;
};

struct deep_preemption {
	unsigned long long count, ns;
	char comm[16];
};

struct deep_exit_key {
	unsigned int tid, isa, reason; /* isa: KVM_ISA_VMX 1, KVM_ISA_SVM 2 */
};

struct deep_exit {
	unsigned long long count, ns, max_ns;
	struct deep_hist time;
};

/* What user space tells the programs, and what they could not keep. */
struct deep_control {
	unsigned int tgid, epoch;
	unsigned long long start_ns;
	unsigned long long lost_threads, lost_preemptors, lost_exits;
	/* times a thread left a CPU that it was never seen to come to; the last time, at its end, is not counted */
	unsigned long long unseen;
};

#endif
