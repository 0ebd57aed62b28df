/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalog.c - the table of workloads; a new load is a line here and a file beside it. */
#include "catalog.h"

#include <string.h>

#include "err.h"

/* What a load may say of itself.  Everything else in a result line is the host's own measurement. */
#define LATENCY(name)                                                                              \
	{                                                                                          \
		name, "ns", "lower"                                                                \
	}
#define LATENCIES(prefix)                                                                          \
	LATENCY(prefix "_p50_ns"), LATENCY(prefix "_p95_ns"), LATENCY(prefix "_p99_ns"),           \
	        LATENCY(prefix "_p999_ns"), LATENCY(prefix "_p9999_ns"), LATENCY(prefix "_max_ns")
#define IO_FIGURES(kind)                                                                           \
	{ "io_" kind "_iops", "ops/s", "higher" }, { "io_" kind "_bytes_per_s", "B/s", "higher" }, \
	        LATENCIES("io_" kind)
#define RATE_FIGURES                                                                               \
	{ "io_achieved_ratio", "1", "higher" },                                                    \
	{                                                                                          \
		"io_late", "1", "none"                                                             \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL, NULL                                                                   \
	}

/* clang-format off */
static const struct claim of_cpu[] = { { "cpu_events_per_s", "events/s", "higher" }, LATENCIES("cpu_event"), END };
static const struct claim of_io_read[] = { IO_FIGURES("read"), RATE_FIGURES, END };
static const struct claim of_io_write[] = { IO_FIGURES("write"), RATE_FIGURES, END };
static const struct claim of_io_both[] = { IO_FIGURES("read"), IO_FIGURES("write"), RATE_FIGURES, END };
static const struct claim of_mem[] = { LATENCY("mem_latency_ns"), LATENCY("mem_l1_ns"), LATENCY("mem_l2_ns"),
	LATENCY("mem_llc_ns"), LATENCY("mem_huge_ns"), END };
static const struct claim of_wakeup[] = { LATENCIES("wakeup"),
	{ "wakeup_late", "1", "none" }, END };
static const struct claim of_pipe[] = { LATENCY("pipe_ns"), LATENCY("pipe_cross_ns"), END };
static const struct claim of_fault[] = { LATENCY("fault_ns"), END };
static const struct claim of_lock[] = { { "lock_ops_per_s", "ops/s", "higher" }, LATENCIES("lock_wait"),
	LATENCY("lock_hold_max_ns"), END };
static const struct claim of_syscall[] = { LATENCY("syscall_ns"), END };
static const struct claim of_memcpy[] = { { "memcpy_bytes_per_s", "B/s", "higher" }, END };
/* clang-format on */

static const struct workload workloads[] = {
	{ "cpu",
	  "count primes below 20000 as sysbench does: what a vCPU's plain computing is worth",
	  "cpu_events_per_s", "event", false, 0, of_cpu },
	{ "randread", "random reads at a fixed queue depth: the cost of the block path per request",
	  "io_read_iops", "I/O", true, 0, of_io_read },
	{ "randwrite",
	  "random writes at a fixed queue depth: the block path per request, and what --cache adds to a write",
	  "io_write_iops", "I/O", true, 0, of_io_write },
	{ "randrw", "random reads and writes mixed by --rwmix: how writes disturb reads",
	  "io_read_iops", "I/O", true, 0, of_io_both },
	{ "read",
	  "sequential reads, each worker its own part of the scratch: with a large --bs the bandwidth of disk "
	  "and path, with a small one what a request costs where the disk is at its fastest",
	  "io_read_iops", "I/O", true, 0, of_io_read },
	{ "write",
	  "sequential writes, each worker its own part of the scratch: the same for writes, which --cache lets "
	  "end in the host's page cache or on the disk",
	  "io_write_iops", "I/O", true, 0, of_io_write },
	{ "mem",
	  "dependent loads at random inside each cache and from four times the last one (128M to 2G, and less where "
	  "memory is short, which is said): caches, DRAM, and with 4k against huge pages what page tables on two "
	  "levels cost",
	  "mem_latency_ns", NULL, false, 0, of_mem },
	{ "wakeup",
	  "a timer every 200 us, late from its intended time: what idle states, exits and the host's "
	  "scheduler add to a real-time guest",
	  "wakeup_p99_ns", "timer", false, 0, of_wakeup },
	{ "pipe",
	  "a byte back and forth between two threads on one CPU (and across two where pins allow): context "
	  "switches, and interrupts between vCPUs",
	  "pipe_ns", "round trip", false, 0, of_pipe },
	{ "fault", "first touches of fresh pages: page faults, and the host's own behind them",
	  "fault_ns", "page", false, 4ull << 20, of_fault },
	{ "lock",
	  "all workers, two or more, at one spin-lock: a holder that lost its CPU (lock_hold_max_ns) stops everyone",
	  "lock_ops_per_s", "lock", false, 0, of_lock },
	{ "syscall", "getppid over and over: mitigations at the kernel's door; no exit is needed",
	  "syscall_ns", "system call", false, 0, of_syscall },
	{ "memcpy", "copies of 64 MiB: memory bandwidth, shared with everyone on the host",
	  "memcpy_bytes_per_s", "copy of 64 MiB", false, 130ull << 20, of_memcpy },
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

const struct claim *workload_claim(const struct workload *workload, const char *name)
{
	for (const struct claim *claim = workload->claims; claim->name; claim++) {
		if (!strcmp(claim->name, name))
			return claim;
	}
	return NULL;
}

bool workload_has_histogram(const struct workload *workload, const char *name)
{
	size_t len = strlen(name);

	if (len < 4 || strcmp(name + len - 3, "_ns") != 0)
		return false;
	for (const struct claim *claim = workload->claims; claim->name; claim++) {
		if (!strncmp(claim->name, name, len - 2))
			return true;
	}
	return false;
}
