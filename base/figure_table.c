/* SPDX-License-Identifier: GPL-2.0-or-later */
/* figure_table.c - the figures' dictionary.  Measures nothing. */
#include "figure_table.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "err.h" /* ARRAY_SIZE */
#include "text.h"

#define LOWER   "lower"
#define HIGHER  "higher"
#define NONE    "none"
#define S_TO_NS 1e9

#define PER_NOTHING NULL, 0, FIGURE_OF_HOST

#define SCHEDSTAT "/proc/PID/task/TID/schedstat (kernel: Documentation/scheduler/sched-stats.rst)"
#define STATUS    "/proc/PID/task/TID/status, proc_pid_status(5)"
#define KVM_STATS                                                                                  \
	"QMP query-stats, from KVM's binary statistics (kernel: Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD)"
#define PERF  "perf_event_open(2), by thread, user and kernel, guest and host"
#define DEEP  "BPF on the tracepoints sched_switch and sched_wakeup (--observe deep)"
#define QLOAD "qload, by CLOCK_MONOTONIC where the load runs"

/* A row a figure.  clang-format would put each word on a line of its own. */
/* clang-format off */
static const struct figure_row rows[] = {
	/* what the loads measure */
	{ "cpu_events_per_s", "events/s", HIGHER, PER_NOTHING,
	  "Rounds that count the primes below 20000, by all workers.",
	  QLOAD, "the CPU's frequency, SMT siblings, run delay and VM exits", "sysbench cpu --cpu-max-prime=20000" },
	{ "cpu_event_max_ns", "ns", LOWER, PER_NOTHING,
	  "The longest duration of such a round.", QLOAD, "preemption; it grows with the window's length", "sysbench cpu (max)" },
	{ "cpu_event_p[0-9]*_ns", "ns", LOWER, PER_NOTHING,
	  "A percentile of the duration of such a round.",
	  QLOAD, "preemption, the CPU's frequency and interrupts", "sysbench cpu (95th percentile)" },
	{ "io_*_iops", "ops/s", HIGHER, PER_NOTHING,
	  "Requests that completed in the window, per second, of all workers.",
	  QLOAD, "the disk, --cache, --aio, --iodepth, --bs and the CPU time that QEMU's threads get", "fio (IOPS)" },
	{ "io_*_bytes_per_s", "B/s", HIGHER, PER_NOTHING,
	  "Bytes of requests that completed in the window, per second.",
	  QLOAD, "as io_*_iops, and --bs", "fio (BW)" },
	{ "io_*_p[0-9]*_ns", "ns", LOWER, PER_NOTHING,
	  "A percentile of the time from a request's submission (with --rate: from the time it was due) to its "
	  "completion.",
	  QLOAD, "the disk's queue, wake-up latency of QEMU's threads and of the vCPU, VM exits", "fio (clat)" },
	{ "io_*_max_ns", "ns", LOWER, PER_NOTHING,
	  "The longest of those times.", QLOAD, "a single stall; it grows with the number of requests", "fio (clat max)" },
	{ "io_achieved_ratio", "1", HIGHER, PER_NOTHING,
	  "With --rate: completed requests over those that were due.",
	  QLOAD, "an offered rate above what disk and path can do", "" },
	{ "io_late", "1", NONE, "io_late_per_op", 0, FIGURE_OF_LOAD,
	  "With --rate: requests that were submitted late.",
	  QLOAD, "a full queue, or a worker that waits for its CPU", "" },
	{ "io_punted_share", "1", LOWER, PER_NOTHING,
	  "The share of the load's I/Os that io_uring gave to a kernel worker (io-wq punt).",
	  "the tracepoint io_uring:io_uring_queue_async_work, by perf_event_open(2)",
	  "buffered I/O, a file system without nowait support, a full queue", "perf stat -e io_uring:io_uring_queue_async_work" },
	{ "mem_*_ns", "ns", LOWER, PER_NOTHING,
	  "The time of one dependent load at random in a set that fits that cache (mem_latency_ns: in DRAM; "
	  "mem_huge_ns: in DRAM with huge pages).",
	  QLOAD, "huge pages in guest and host (TLB), the NUMA node, who shares the last-level cache", "lmbench lat_mem_rd" },
	{ "wakeup_p[0-9]*_ns", "ns", LOWER, PER_NOTHING,
	  "A percentile of how late a timer of 200 us wakes its worker.",
	  QLOAD, "idle states, the scheduling policy, VM exits, the vCPU's own run delay", "cyclictest -i 200, of which only the median compares: 2.4 skips the periods that a stall covers" },
	{ "wakeup_max_ns", "ns", LOWER, PER_NOTHING,
	  "The longest of those delays.", QLOAD, "a single stall; it grows with the window's length", "cyclictest (Max)" },
	{ "wakeup_late", "1", NONE, "wakeup_late_per_op", 0, FIGURE_OF_LOAD,
	  "Timers that woke their worker so late that the next one was due.",
	  QLOAD, "as wakeup_max_ns", "cyclictest (overruns)" },
	{ "pipe_ns", "ns", LOWER, PER_NOTHING,
	  "The time of a byte's way through a pipe to another thread on the same CPU and back.",
	  QLOAD, "the cost of two context switches", "perf bench sched pipe" },
	{ "pipe_cross_ns", "ns", LOWER, PER_NOTHING,
	  "The same between two CPUs.", QLOAD, "inter-processor interrupts, halts and their wake-ups", "perf bench sched pipe" },
	{ "fault_ns", "ns", LOWER, PER_NOTHING,
	  "The time of the first touch of a fresh page.", QLOAD, "EPT/NPT faults behind it, huge pages, --prealloc", "" },
	{ "lock_ops_per_s", "ops/s", HIGHER, PER_NOTHING,
	  "How often all workers together took one spin lock.", QLOAD, "preemption of the holder", "" },
	{ "lock_wait_p[0-9]*_ns", "ns", LOWER, PER_NOTHING,
	  "A percentile of the wait for the lock.", QLOAD, "preemption of the holder or of a waiter", "" },
	{ "lock_wait_max_ns", "ns", LOWER, PER_NOTHING, "The longest wait for the lock.", QLOAD, "preemption of the holder", "" },
	{ "lock_hold_max_ns", "ns", LOWER, PER_NOTHING,
	  "The longest time that the lock was held.", QLOAD, "preemption of the holder", "" },
	{ "syscall_ns", "ns", LOWER, PER_NOTHING,
	  "The time of one getppid(2).", QLOAD, "mitigations of the kernel that the load runs on; no exit is needed",
	  "perf bench syscall basic" },
	{ "memcpy_bytes_per_s", "B/s", HIGHER, PER_NOTHING,
	  "Bytes copied per second, in copies of 64 MiB.", QLOAD, "memory bandwidth, huge pages, the NUMA node", "mbw" },

	/* what the host's scheduler counts, of host threads: natively qload's, in a VM QEMU's */
	{ "cpu_time_s", "s", NONE, "cpu_ns_per_op", S_TO_NS, FIGURE_OF_HOST,
	  "CPU time of the host threads of this configuration in the window: natively qload's, in a VM all of QEMU's.",
	  SCHEDSTAT ", first field", "the work done, polling (halt_poll_s, --iothread-poll), exits that QEMU serves",
	  "pidstat -t, perf stat -e task-clock" },
	{ "run_delay_s", "s", NONE, "run_delay_ns_per_op", S_TO_NS, FIGURE_OF_HOST,
	  "How long those threads were runnable and waited for a CPU (scheduler latency).",
	  SCHEDSTAT ", second field", "other threads on the same CPUs, the policy, quotas, RT throttling",
	  "perf sched latency" },
	{ "context_switches", "1", NONE, "context_switches_per_op", 0, FIGURE_OF_HOST,
	  "Context switches of those host threads. Switches between tasks inside a guest are not among them: the host "
	  "does not see these.",
	  STATUS ", both lines", "blocking I/O, halts, preemption", "pidstat -wt, perf stat -e context-switches" },
	{ "context_switches_voluntary", "1", NONE, PER_NOTHING,
	  "Those where the host thread blocked: for I/O, for a lock, a halted vCPU.",
	  STATUS ", voluntary_ctxt_switches", "I/O, halts, locks", "pidstat -wt (cswch/s)" },
	{ "context_switches_involuntary", "1", NONE, "context_switches_involuntary_per_op", 0, FIGURE_OF_HOST,
	  "Those where the host thread was preempted.",
	  STATUS ", nonvoluntary_ctxt_switches", "other threads on the same CPUs, the policy", "pidstat -wt (nvcswch/s)" },
	{ "migrations", "1", NONE, "migrations_per_op", 0, FIGURE_OF_HOST,
	  "How often those host threads were moved to another CPU.",
	  "/proc/PID/task/TID/sched, se.nr_migrations", "pins, idle CPUs nearby", "perf stat -e cpu-migrations" },
	{ "page_faults", "1", NONE, "page_faults_per_op", 0, FIGURE_OF_HOST,
	  "Page faults of those host threads, minor and major.",
	  "/proc/PID/task/TID/stat, proc_pid_stat(5), fields 10 and 12", "memory not yet touched (--prealloc), huge pages",
	  "perf stat -e page-faults" },
	{ "host_steal_s", "s", NONE, "host_steal_ns_per_op", S_TO_NS, FIGURE_OF_HOST,
	  "CPU time that a hypervisor below this host took from its CPUs.",
	  "/proc/stat, proc_stat(5), the eighth number of each CPU", "other VMs of the outer host", "vmstat (st), mpstat" },

	{ "rt_throttled_s", "s", NONE, PER_NOTHING,
	  "How long the kernel kept real-time threads off a CPU so that normal threads could run. It counts this nowhere: "
	  "--observe deep sees it, as time off the CPU that began when a normal thread took a real-time thread's place. Else "
	  "the figure is null and its reason has the predicted share, which is also rt_kept_share of the line.",
	  "/sys/kernel/debug/sched/fair_server/cpuN (since Linux 6.12), kernel.sched_rt_runtime_us (before)",
	  "normal threads on a CPU that a real-time thread does not leave", "" },
	{ "quota_throttled_s", "s", NONE, "quota_throttled_ns_per_op", S_TO_NS, FIGURE_OF_HOST,
	  "How long a CPU quota kept the threads of the VM's (natively qload's) cgroup off their CPUs, all CPUs and all "
	  "cgroups above it in sum.",
	  "cpu.stat of the cgroup: throttled_time of version 1 (Documentation/scheduler/sched-bwc.rst), throttled_usec of "
	  "version 2", "cpu.max, or cpu.cfs_quota_us of version 1", "systemd-cgtop shows the use, not this" },

	/* what KVM counts */
	{ "vm_exits", "1", NONE, "vm_exits_per_op", 0, FIGURE_OF_KVM,
	  "VM exits of all vCPUs between KVM's two readings; \"by\" has the kinds that KVM tells apart.",
	  KVM_STATS, "I/O of the guest, timers, interrupts, halts", "perf kvm stat, kvm_stat" },
	{ "vm_exits_per_s", "exits/s", NONE, PER_NOTHING,
	  "vm_exits over the time between KVM's two readings.", KVM_STATS, "as vm_exits, and how fast the work is done",
	  "kvm_stat" },
	{ "vm_exits_per_io", "exits/op", LOWER, PER_NOTHING,
	  "vm_exits over the requests that QEMU's disks completed between the readings.",
	  KVM_STATS "; QMP query-blockstats", "the device model, notification suppression, --iodepth", "" },
	{ "halt_poll_s", "s", NONE, "halt_poll_ns_per_op", S_TO_NS, FIGURE_OF_KVM,
	  "How long KVM polled for a wake-up before it let a halted vCPU's thread sleep.",
	  KVM_STATS ", halt_poll_success_ns and halt_poll_fail_ns", "kvm.halt_poll_ns, how long halts last", "kvm_stat" },
	{ "halt_poll_success_s", "s", NONE, PER_NOTHING,
	  "The part of it that ended in a wake-up: it saved a context switch.",
	  KVM_STATS ", halt_poll_success_ns", "as halt_poll_s", "kvm_stat" },
	{ "halt_poll_fail_s", "s", NONE, "halt_poll_fail_ns_per_op", S_TO_NS, FIGURE_OF_KVM,
	  "The part of it that ended in sleep all the same: CPU time that nobody had.",
	  KVM_STATS ", halt_poll_fail_ns", "as halt_poll_s", "kvm_stat" },
	{ "halt_wait_s", "s", NONE, PER_NOTHING,
	  "How long halted vCPUs slept after the poll.", KVM_STATS ", halt_wait_ns", "an idle guest, or one that waits for I/O",
	  "kvm_stat" },

	/* hardware counters */
	{ "ipc", "1", HIGHER, PER_NOTHING, "Instructions over cycles.", PERF, "cache and TLB misses, SMT siblings, exits", "perf stat" },
	{ "ipc_guest", "1", HIGHER, PER_NOTHING, "The same in guest mode alone.", PERF ", exclude_host", "as ipc", "perf kvm stat, perf stat -e cycles:G" },
	{ "ipc_host", "1", HIGHER, PER_NOTHING, "The same outside guest mode.", PERF ", exclude_guest", "as ipc", "perf stat -e cycles:H" },
#define COUNTER(name, meaning, moved, perf)                                                                        \
	{ name, "1", NONE, name "_per_op", 0, FIGURE_OF_HOST, meaning " of the host threads, guest mode included.", PERF, moved,   \
	  "perf stat -e " perf },                                                                                  \
	{ name "_guest", "1", NONE, PER_NOTHING, meaning " in guest mode alone.", PERF ", exclude_host", \
	  moved, "perf stat -e " perf ":G" },                                                                      \
	{ name "_host", "1", NONE, PER_NOTHING, meaning " outside guest mode.", PERF ", exclude_guest",   \
	  moved, "perf stat -e " perf ":H" }
	COUNTER("cycles", "CPU cycles", "the work done, and what it waits for", "cycles"),
	COUNTER("instructions", "Instructions", "the work done, and spinning", "instructions"),
	COUNTER("llc_loads", "Loads that reached the last-level cache", "the working set", "LLC-loads"),
	COUNTER("llc_misses", "Loads that missed the last-level cache", "the working set, who shares the cache", "LLC-load-misses"),
	COUNTER("branch_misses", "Mispredicted branches", "the code, switches and exits (mitigations)", "branch-misses"),
	COUNTER("dtlb_misses", "Loads that missed the data TLB", "huge pages in guest and host", "dTLB-load-misses"),
	COUNTER("stalled_cycles_frontend", "Cycles without an instruction to issue", "instruction cache misses", "stalled-cycles-frontend"),
	COUNTER("stalled_cycles_backend", "Cycles that waited for an execution unit or data", "cache and TLB misses", "stalled-cycles-backend"),
#undef COUNTER

	/* --observe deep */
	{ "wakeup_delay_p[0-9]*_ns", "ns", LOWER, PER_NOTHING,
	  "A percentile of the time from a host thread's wake-up to its first instruction.",
	  DEEP, "other threads on its CPU, its policy, idle states", "perf sched latency, runqlat of bcc" },
	{ "wakeup_delay_max_ns", "ns", LOWER, PER_NOTHING, "The longest of those times.", DEEP, "a single stall", "perf sched latency (Max)" },
	{ "run_delay_p[0-9]*_ns", "ns", LOWER, PER_NOTHING,
	  "A percentile of a host thread's waits for a CPU, after a wake-up or a preemption.", DEEP, "as run_delay_s", "runqlat of bcc" },
	{ "run_delay_max_ns", "ns", LOWER, PER_NOTHING, "The longest of those waits.", DEEP, "as run_delay_s", "perf sched timehist" },
	{ "offcpu_preempted_s", "s", NONE, "offcpu_preempted_ns_per_op", S_TO_NS, FIGURE_OF_HOST,
	  "How long host threads were off the CPU because another thread preempted them.", DEEP, "who is named in preemptors", "perf sched timehist" },
	{ "offcpu_halted_s", "s", NONE, PER_NOTHING, "How long vCPUs' threads slept in a halt.", DEEP " and kvm:kvm_exit", "an idle guest", "offcputime of bcc" },
	{ "offcpu_io_s", "s", NONE, PER_NOTHING, "How long host threads slept in uninterruptible I/O.", DEEP, "the disk", "offcputime of bcc" },
	{ "offcpu_lock_s", "s", NONE, "offcpu_lock_ns_per_op", S_TO_NS, FIGURE_OF_HOST, "How long host threads slept for a futex lock.", DEEP, "contention inside QEMU (the big lock)", "offcputime of bcc" },
	{ "offcpu_condition_s", "s", NONE, PER_NOTHING, "How long host threads slept for a condition variable: idle workers.", DEEP, "idle threads", "offcputime of bcc" },
	{ "offcpu_other_s", "s", NONE, PER_NOTHING, "How long host threads slept for anything else (poll, timers).", DEEP, "idle threads", "offcputime of bcc" },
	{ "vm_exits_traced", "1", NONE, "vm_exits_traced_per_op", 0, FIGURE_OF_HOST,
	  "VM exits that the tracepoint kvm:kvm_exit showed; by_reason has them by reason.", "BPF on kvm:kvm_exit and kvm:kvm_entry",
	  "as vm_exits", "perf kvm stat" },
	{ "vm_exit_time_s", "s", NONE, "vm_exit_ns_per_op", S_TO_NS, FIGURE_OF_HOST,
	  "The time from those exits to the next entry, halts included.", "BPF on kvm:kvm_exit and kvm:kvm_entry",
	  "reasons that QEMU serves, preemption of the vCPU's thread", "perf kvm stat" },

	/* about the measurement, and of several VMs */
	{ "observer_cost", "%", LOWER, PER_NOTHING,
	  "What measuring took, as a share of the threads' CPU time, from its price on this host.",
	  "a calibration at the session's start", "--observe, the rate of switches and exits", "" },
	{ "vms_total_*", "", HIGHER, PER_NOTHING, "The sum over all VMs (--vms) of that figure.", QLOAD, "as the figure itself", "" },
	{ "vms_worst_*", "", "", PER_NOTHING, "The worst VM's value of that figure.", QLOAD, "as the figure itself, and unequal shares of the CPUs", "" },
	{ "vms_fairness", "1", HIGHER, PER_NOTHING, "The least VM's share of the primary figure over the largest one's.", QLOAD, "--pin, quotas, weights", "" },
	{ "vms_cpu_fairness", "1", HIGHER, PER_NOTHING, "The same of the vCPUs' CPU time.", SCHEDSTAT, "--pin, quotas, weights", "" },
	{ "vms_overlap", "1", NONE, PER_NOTHING, "The share of time in which all VMs were in their timed part.", "qlaunch's clock", "VMs that start late or stall", "" },
};
/* clang-format on */

const struct figure_row *figure_table_at(size_t i)
{
	return i < ARRAY_SIZE(rows) ? &rows[i] : NULL;
}

/* A plain name before a pattern: run_delay_max_ns is a name, io_read_p99_ns fits one pattern. */
struct figure_match figure_table_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(rows[i].name, name))
			return (struct figure_match){ &rows[i], false };
		if (rows[i].per_op && !strcmp(rows[i].per_op, name))
			return (struct figure_match){ &rows[i], true };
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!fnmatch(rows[i].name, name, 0))
			return (struct figure_match){ &rows[i], false };
	}
	return (struct figure_match){ NULL, false };
}

const char *figure_table_unit(const struct figure_match *match)
{
	if (!match->as_per_op)
		return match->row->unit;
	return match->row->per_op_scale > 0 ? "ns" : "1/op";
}

const char *figure_table_match_better(const struct figure_match *match)
{
	return match->as_per_op ? LOWER : match->row->better;
}

bool figure_table_is_undirected(const char *name)
{
	const struct figure_match match = figure_table_find(name);

	return match.row && !match.as_per_op && !strcmp(match.row->better, NONE);
}

bool figure_table_is_per_op(const char *name)
{
	const struct figure_match match = figure_table_find(name);
	const size_t len = strlen(name), end = strlen(FIGURE_PER_OP);

	return match.row ? match.as_per_op : len > end && !strcmp(name + len - end, FIGURE_PER_OP);
}

struct figure_row figure_table_event(const char *name, const char *per_op, bool is_time)
{
	return (struct figure_row){
		.name = name,
		.unit = is_time ? "s" : "1",
		.better = NONE,
		.per_op = per_op,
		.per_op_scale = is_time ? S_TO_NS : 0,
		.window = FIGURE_OF_HOST,
		.meaning =
		        "What perf counts by this name (`perf list` describes it), of the host threads of this "
		        "configuration in the window.",
		.source = PERF " unless a modifier says otherwise (--events)",
		.moved_by = "what the event stands for, and the work done",
		.same_as = "perf stat -e with this name",
	};
}

const char *figure_table_nearest(const char *name)
{
	size_t least = text_slips(strlen(name)) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const names[] = { rows[i].name, rows[i].per_op };

		for (size_t k = 0; k < ARRAY_SIZE(names) && names[k]; k++) {
			size_t edits = text_distance(name, names[k]);

			if (edits >= least)
				continue;
			least = edits;
			nearest = names[k];
		}
	}
	return nearest;
}

static const char per_op_meaning[] =
        "The same, of one operation of the workload (event, I/O, round trip): what a unit of work costs, however "
        "much work the window held.";

static const char *direction_words(const char *better)
{
	if (!*better)
		return "as that figure";
	return !strcmp(better, NONE) ? "none" : better;
}

static void put_cells(const char *name, const char *unit, const char *better, FILE *out)
{
	fprintf(out, "\n### `%s`\n\nUnit: %s. Better: %s.\n\n", name,
	        *unit ? unit : "as that figure", direction_words(better));
}

void figure_table_markdown(FILE *out)
{
	fputs("# Figures of a result line\n\n"
	      "Generated from base/figure_table.c by `make golden`. `qlaunch explain FIGURE` prints one entry.\n\n"
	      "In a name, `*` stands for any text and `[0-9]` for a digit. A total over the fixed window has no direction: "
	      "a host that does less work also counts less. What has a direction is its part of one operation "
	      "(`..._per_op`): an event of cpu, an I/O, a wake-up, a round trip of pipe, a touched page, a system call, a "
	      "copied block, a taken lock. mem walks sets of several sizes, and `run` knows nothing of the guest's work: "
	      "they have no figures by operation. What `--events` counts has the event's own name; its part of one operation "
	      "is that name and `_per_op` (`qlaunch explain` knows both).\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct figure_row *row = &rows[i];
		const struct figure_match per_op = { row, true };

		put_cells(row->name, row->unit, row->better, out);
		fprintf(out, "%s\n\n- Source: %s\n- Moved by: %s\n", row->meaning, row->source,
		        row->moved_by);
		if (*row->same_as)
			fprintf(out, "- Same as: %s\n", row->same_as);
		if (row->per_op)
			fprintf(out, "- Of one operation: `%s` (%s, lower is better)\n",
			        row->per_op, figure_table_unit(&per_op));
	}
}

void figure_table_explain(const struct figure_match *match, const char *name, FILE *out)
{
	const struct figure_row *row = match->row;
	const char *unit = figure_table_unit(match), *better = figure_table_match_better(match);

	fprintf(out, "%s\n  unit       %s\n  better     %s\n  meaning    %s\n", name,
	        *unit ? unit : "as that figure", direction_words(better),
	        match->as_per_op ? per_op_meaning : row->meaning);
	if (match->as_per_op)
		fprintf(out, "  total      %s: %s\n", row->name, row->meaning);
	fprintf(out, "  source     %s\n  moved by   %s\n", row->source, row->moved_by);
	if (*row->same_as)
		fprintf(out, "  same as    %s\n", row->same_as);
	if (row->per_op && !match->as_per_op)
		fprintf(out, "  per op     %s, lower is better\n", row->per_op);
}
