/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep.h - one process watched from inside the kernel by BPF: what the scheduler did to its threads, and its exits.
 * Sums and histograms only, no stream of events.  Needs Linux 5.18 with BTF.
 *
 * Rights: CAP_BPF and CAP_PERFMON around deep_open(), deep_watch(), deep_start() and deep_read(); CAP_SYS_ADMIN around
 * deep_open_exits() only, since the kernel hands the BTF of a module (kvm) to nobody else.
 */
#ifndef MEASURE_DEEP_H
#define MEASURE_DEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "deep_shared.h"
#include "err.h"

struct deep;

struct deep_seen {
	pid_t tid; /* 0: all threads that ended inside the window */
	struct deep_thread thread;
};

struct deep_preemptor {
	struct deep_pair pair;
	struct deep_preemption what;
};

struct deep_reason {
	struct deep_exit_key key;
	struct deep_exit what;
};

/* What the programs took so far, on whatever thread, while the kernel counted it; exits: of the watched process. */
struct deep_took {
	uint64_t sched_ns, exits_ns, exits;
};

/* A window's sums. */
struct deep_reading {
	int64_t start_ns, stop_ns;
	int nr_threads, nr_preemptors, nr_reasons;
	struct deep_seen *threads;
	struct deep_preemptor *preemptors;
	struct deep_reason *reasons;
	uint64_t lost_threads, lost_preemptors, lost_exits; /* what the maps had no room for */
	uint64_t unseen; /* waits whose end the kernel's tracepoint did not tell: in no sum */
	char why_no_exits[200]; /* "": they were watched */
	bool halts_unseen;      /* a KVM vCPU's halts could not be told from other sleep */
};

/* Loads and attaches the scheduling part.  -ENOSYS: built without BPF; -EMFILE: it would leave too few files. */
int deep_open(struct deep **ret, struct err *err) MUST_CHECK;
/* The exits' part on top; where it fails the rest goes on, and the reading keeps the words. */
void deep_open_exits(struct deep *deep);
/* From here on the threads of pid are followed, also those not yet born; tids: those that are there. */
void deep_watch(struct deep *deep, pid_t pid, const pid_t *tids, int nr);
/* The kernel counts what BPF programs take until the file is closed; this costs each of them some 50 ns.  CAP_SYS_ADMIN;
 * -1: it does not (errno). */
int deep_clock_open(void);
/* CAP_BPF. */
void deep_took(const struct deep *deep, struct deep_took *ret);
void deep_start(struct deep *deep);
/* Ends the window: two stores, so that nothing of the reading falls into it. */
void deep_stop(struct deep *deep);
/* At leisure; the caller releases the reading with deep_reading_done(). */
int deep_read(const struct deep *deep, struct deep_reading *ret, struct err *err) MUST_CHECK;
void deep_close(struct deep **deep);
void deep_reading_done(struct deep_reading *reading);

#endif
