/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_read.h - the kept pages of a trace as events, decoded by the kernel's own formats, in the order of time.
 */
#ifndef MEASURE_TRACE_READ_H
#define MEASURE_TRACE_READ_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct trace;

#define TRACE_COMM_MAX 16

enum trace_kind {
	TRACE_SWITCH, /* tid, comm: who left; other, other_comm: who came; value: the leaver's state, 0 runnable */
	TRACE_WAKEUP, /* tid: who woke; other, other_comm: who is woken; value: its CPU until now */
	TRACE_BORN,   /* the same, for the first time */
	TRACE_EXIT,   /* value: reason; isa */
	TRACE_ENTRY,  /* value: the vCPU's number */
	TRACE_SUBMIT, /* value: the request's address; io_uring */
	TRACE_COMPLETE, /* value: the request's address; result */
	TRACE_CALL,     /* name: the system call */
	TRACE_RETURN,   /* name; result */
	TRACE_SAID,     /* name: a line of our own */
};

struct trace_event {
	uint64_t ts_ns; /* CLOCK_MONOTONIC */
	int cpu;
	enum trace_kind kind;
	pid_t tid; /* in whose context */
	pid_t other;
	int prio, other_prio; /* the kernel's: 0..99 real-time, 100..139 */
	int missed;           /* events lost on this CPU just before; -1: some */
	uint64_t value;
	int64_t result;
	unsigned int isa;
	char comm[TRACE_COMM_MAX],
	        other_comm[TRACE_COMM_MAX]; /* foreign bytes, not always terminated */
	const char *name;
};

/* Calls see() for each event; its negative return ends the reading.  After trace_finish(). */
int trace_read(const struct trace *trace, int (*see)(void *arg, const struct trace_event *event),
               void *arg, struct err *err) MUST_CHECK;

#endif
