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
	  "Count the primes below 20000, as sysbench does. Shows the speed of plain computation.",
	  "cpu_events_per_s", "event", false, 0, of_cpu },
	{ "randread",
	  "Read at random offsets at a fixed queue depth. Shows the cost of the block path for each "
	  "request.",
	  "io_read_iops", "I/O", true, 0, of_io_read },
	{ "randwrite",
	  "Write at random offsets at a fixed queue depth. Shows the cost of the block path, and what "
	  "--cache adds to a write.",
	  "io_write_iops", "I/O", true, 0, of_io_write },
	{ "randrw",
	  "Read and write at random offsets, mixed by --rwmix. Shows how writes disturb reads.",
	  "io_read_iops", "I/O", true, 0, of_io_both },
	{ "read",
	  "Read sequentially, each worker its own part of the scratch file. A large --bs shows the "
	  "bandwidth, a small one the cost of a request.",
	  "io_read_iops", "I/O", true, 0, of_io_read },
	{ "write",
	  "Write sequentially, each worker its own part of the scratch file. With --cache a write ends in "
	  "the host's page cache or on the disk.",
	  "io_write_iops", "I/O", true, 0, of_io_write },
	{ "mem",
	  "Follow pointers at random in each cache level, and in four times the last level (128M to 2G, "
	  "less if memory is short). Shows the latency of caches and DRAM, and with 4k against huge pages "
	  "the cost of two-level page tables.",
	  "mem_latency_ns", NULL, false, 0, of_mem },
	{ "wakeup",
	  "Wait for a timer every 200 us and measure how late the wake-up is. Shows what idle states, VM "
	  "exits and the host's scheduler add.",
	  "wakeup_p99_ns", "timer", false, 0, of_wakeup },
	{ "pipe",
	  "Pass a byte between two threads on one CPU, and on two CPUs if the affinity allows. Shows the "
	  "cost of context switches and of interrupts between vCPUs.",
	  "pipe_ns", "round trip", false, 0, of_pipe },
	{ "fault", "Touch fresh pages. Shows the cost of page faults in the guest and on the host.",
	  "fault_ns", "page", false, 4ull << 20, of_fault },
	{ "lock",
	  "Take one spinlock from all workers, at least two. A holder that is preempted (lock_hold_max_ns) "
	  "stops all others.",
	  "lock_ops_per_s", "lock", false, 0, of_lock },
	{ "syscall",
	  "Call getppid repeatedly. Shows the cost of kernel entry with its mitigations; it causes no VM "
	  "exit.",
	  "syscall_ns", "system call", false, 0, of_syscall },
	{ "memcpy",
	  "Copy 64 MiB repeatedly. Shows the memory bandwidth, which is shared with all programs on the "
	  "host.",
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
