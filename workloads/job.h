/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - one trial as qload is asked for it: the words of `prepare`, checked.  Says what to do, does nothing.
 */
#ifndef WORKLOADS_JOB_H
#define WORKLOADS_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "arrival.h"
#include "catalog.h"
#include "err.h"
#include "mem_sizes.h"
#include "text.h"
#include "wire.h"

#define JOB_THREADS_MAX    256
#define JOB_DEPTH_MAX      4096
#define JOB_HANDICAP_MAX   1000
#define JOB_BS_MAX         (64ull << 20)
#define JOB_STUCK_AFTER_NS (30 * NSEC_PER_SEC)

struct job {
	uint64_t id;
	const struct workload *workload;
	int threads;
	int64_t duration_ns, warmup_ns;
	uint64_t bs;      /* bytes a request */
	unsigned iodepth; /* requests in flight, per worker */
	unsigned rwmix;   /* per cent reads of randrw */
	bool direct;
	int handicap; /* per cent more work in each of cpu's events, to see that a difference is found */
	struct arrival_rate rate; /* of I/O */
	bool iopoll; /* of I/O: completions are polled for, where the disk has queues for that */
	int64_t stuck_after_ns; /* of I/O: so long without an answer, and the disk is dead; 0: JOB_STUCK_AFTER_NS */
	bool sqpoll; /* of I/O: a kernel thread a worker takes the requests, on a CPU of its own */
	bool nop; /* requests that do nothing: what the engine itself costs; never under a host */
	struct mem_sizes mem; /* of mem */
	uint64_t seed;
	int nr_pins; /* 0, or one CPU a worker */
	int pin[JOB_THREADS_MAX];
	bool has_policy; /* of the workers; the next two are then valid */
	int policy;      /* SCHED_... */
	int level;       /* nice, or real-time priority */
};

/* The words of a `prepare` line, all of them: a key that is missing or unknown is refused. */
int job_parse(const struct wire_words *words, struct job *ret, struct err *err) MUST_CHECK;
int job_parse_workload(const char *text, struct job *job, struct err *err) MUST_CHECK;
/* "0,1": worker i on the i-th. */
int job_parse_pins(const char *text, struct job *job, struct err *err) MUST_CHECK;
/* other[:NICE], batch[:NICE], idle, fifo:PRIO, rr:PRIO */
int job_parse_policy(const char *text, struct job *job, struct err *err) MUST_CHECK;
/* "30s" */
int job_parse_stuck_after(const char *text, struct job *job, struct err *err) MUST_CHECK;
/* "5%" */
int job_parse_handicap(const char *text, struct job *job, struct err *err) MUST_CHECK;
/* What nobody said and this machine decides: how much memory mem walks over. */
void job_settle(struct job *job);
/* What the parts mean together: as many pins as workers, memory for the buffers. */
int job_check(const struct job *job, struct err *err) MUST_CHECK;

int64_t job_patience_ns(const struct job *job);
bool job_is_realtime(const struct job *job);
bool job_is_random(const struct job *job);
unsigned job_read_percent(const struct job *job); /* 100, 0, or rwmix */
/* Whether it keeps a histogram of this kind: for I/O reads or writes, for others whatever their load says. */
bool job_has_kind(const struct job *job, int kind);

#endif
