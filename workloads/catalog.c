/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalog.c - the table of workloads; a new load is a line here and a file beside it. */
#include "catalog.h"

#include <string.h>

#include "err.h"

static const struct workload workloads[] = {
	{ "cpu",
	  "count primes below 20000 as sysbench does: what a vCPU's plain computing is worth",
	  "cpu_events_per_s", false, 0 },
	{ "randread", "random reads at a fixed queue depth: the cost of the block path per request",
	  "io_read_iops", true, 0 },
	{ "randwrite",
	  "random writes at a fixed queue depth: the block path per request, and what --cache adds to a write",
	  "io_write_iops", true, 0 },
	{ "randrw", "random reads and writes mixed by --rwmix: how writes disturb reads",
	  "io_read_iops", true, 0 },
	{ "read",
	  "sequential reads, each worker its own part of the scratch: with a large --bs the bandwidth of disk "
	  "and path, with a small one what a request costs where the disk is at its fastest",
	  "io_read_iops", true, 0 },
	{ "write",
	  "sequential writes, each worker its own part of the scratch: the same for writes, which --cache lets "
	  "end in the host's page cache or on the disk",
	  "io_write_iops", true, 0 },
	{ "mem",
	  "dependent loads at random inside each cache and from four times the last one (128M to 2G, and less where "
	  "memory is short, which is said): caches, DRAM, and with 4k against huge pages what page tables on two "
	  "levels cost",
	  "mem_latency_ns", false, 0 },
	{ "wakeup",
	  "a timer every 200 us, late from its intended time: what idle states, exits and the host's "
	  "scheduler add to a real-time guest",
	  "wakeup_p99_ns", false, 0 },
	{ "pipe",
	  "a byte back and forth between two threads on one CPU (and across two where pins allow): context "
	  "switches, and interrupts between vCPUs",
	  "pipe_ns", false, 0 },
	{ "fault", "first touches of fresh pages: page faults, and the host's own behind them",
	  "fault_ns", false, 4ull << 20 },
	{ "lock",
	  "all workers, two or more, at one spin-lock: a holder that lost its CPU (lock_hold_max_ns) stops everyone",
	  "lock_ops_per_s", false, 0 },
	{ "syscall", "getppid over and over: mitigations at the kernel's door; no exit is needed",
	  "syscall_ns", false, 0 },
	{ "memcpy", "copies of 64 MiB: memory bandwidth, shared with everyone on the host",
	  "memcpy_bytes_per_s", false, 130ull << 20 },
};

const struct workload *workload_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	}
	return NULL;
}

const struct workload *workload_at(int i)
{
	return i >= 0 && (size_t)i < ARRAY_SIZE(workloads) ? &workloads[i] : NULL;
}
