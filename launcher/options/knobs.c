/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knobs.c - the table of every setting.  Kinds of values are in knob_kinds.c. */
#include "knobs.h"

#include <errno.h>
#include <string.h>

#include "knob_kinds.h"
#include "text.h"

const char *const scope_names[] = { "boot", "live", "load", "host", "report", NULL };

#define R (1u << COMMAND_RUN)
#define B (1u << COMMAND_BENCH)
#define S (1u << COMMAND_SWEEP)
#define P (1u << COMMAND_REPORT)
#define D (1u << COMMAND_DOCTOR)

/* The field's offset, and a compile-time check that it has the type which the kind writes. */
#define MEMBER(member) (((struct spec *)0)->member)
#define AT(type, member)                                                                           \
	(offsetof(struct spec, member) +                                                           \
	 0 * sizeof(char[__builtin_types_compatible_p(type, __typeof__(MEMBER(member))) ? 1        \
	                                                                                : -1]))
#define AT_ENUM(member)                                                                            \
	(offsetof(struct spec, member) +                                                           \
	 0 * sizeof(char[sizeof(MEMBER(member)) == sizeof(int) ? 1 : -1]))

#define POLICY_HINT "POLICY[:N]"

/* clang-format off */
static const struct knob knobs[] = {
	{ .name = "where", .kind = &kind_where, .offset = AT_ENUM(where), .scope = SCOPE_BOOT, .commands = B | S | D,
	  .fallback = "bench: native,guest; else guest",
	  .help = "Run the workload natively on the host, or in the guest." },
	{ .name = "accel", .kind = &kind_accel, .offset = AT_ENUM(accel), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true,
	  .help = "Select QEMU's accelerator. auto selects KVM if the CPU has vmx or svm, else TCG, and prints the "
	          "reason." },
	{ .name = "qemu", .kind = &kind_file, .offset = AT(const char *, qemu), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "FILE",
	  .fallback = "qemu-system-x86_64 on PATH, else /usr/libexec/qemu-kvm",
	  .help = "Start this QEMU binary. A name without a slash is searched in PATH." },
	{ .name = "vcpus", .kind = &kind_vcpus, .offset = AT(int, vcpus), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .hint = "N",
	  .fallback = "the number of CPUs in --pin, else 2, with one CPU left free",
	  .help = "Give the guest N virtual CPUs. Natively: start N workers." },
	{ .name = "memory", .kind = &kind_memory, .offset = AT(uint64_t, memory_bytes), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "SIZE",
	  .help = "Give the guest SIZE of memory." },
	{ .name = "cpu", .kind = &kind_words, .offset = AT(const char *, cpu), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "MODEL", .fallback = "host under KVM, max under TCG",
	  .help = "Set QEMU's CPU model (-cpu)." },
	{ .name = "machine", .kind = &kind_words, .offset = AT(const char *, machine), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "TYPE", .fallback = "q35",
	  .help = "Set QEMU's machine type (-machine)." },
	{ .name = "net", .kind = &kind_net, .offset = AT_ENUM(net), .scope = SCOPE_BOOT, .commands = R | B | S | D,
	  .only_guest = true, .fallback = "run: user; else none",
	  .help = "Select the guest's network. user is a network card behind QEMU's user-mode NAT." },
	{ .name = "kernel", .kind = &kind_file, .offset = AT(const char *, kernel), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "FILE",
	  .fallback = "run: the one on the disk; else this host's",
	  .help = "Boot this bzImage." },
	{ .name = "initrd", .kind = &kind_file, .offset = AT(const char *, initrd), .scope = SCOPE_BOOT,
	  .commands = R, .only_guest = true, .hint = "FILE",
	  .help = "Pass this initial ramdisk to the kernel of --kernel." },
	{ .name = "append", .kind = &kind_text, .offset = AT(const char *, append), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "TEXT",
	  .help = "Add TEXT to the kernel's command line." },
	{ .name = "modules", .kind = &kind_file, .offset = AT(const char *, modules), .scope = SCOPE_BOOT,
	  .commands = B | S | D, .only_guest = true, .hint = "FOLDER", .fallback = "/lib/modules/VERSION",
	  .help = "Read the kernel's virtio modules from FOLDER." },
	{ .name = "user", .kind = &kind_user, .offset = AT(const char *, user), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "NAME|UID",
	  .fallback = "an unused uid for each VM if started by root, else the caller",
	  .help = "Run QEMU as this user. root keeps uid 0, which owns root's files." },
	{ .name = "confine", .kind = &kind_on_off, .offset = AT(bool, confine), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true,
	  .help = "Restrict the files that QEMU can open (Landlock). These remain: its own files, KVM, vhost, and "
	          "files on the command line." },
	{ .name = "vms", .kind = &kind_vms, .offset = AT(int, vms), .scope = SCOPE_BOOT, .commands = B | S,
	  .only_guest = true, .hint = "N",
	  .help = "Start N equal VMs on the same CPUs. All run the same workload and are placed by --pin and "
	          "--policy. Figures are those of the first VM; vms_total_..., vms_worst_... and vms_fairness cover "
	          "all VMs." },
	{ .name = "iothreads", .kind = &kind_iothreads, .offset = AT(int, iothreads), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "N",
	  .help = "Create N iothreads for the disks. Disk i is served by iothread i mod N." },
	{ .name = "aio", .kind = &kind_aio, .offset = AT_ENUM(aio), .scope = SCOPE_BOOT, .commands = R | B | S | D,
	  .only_guest = true,
	  .help = "Select QEMU's method of asynchronous disk I/O." },
	{ .name = "cache", .kind = &kind_cache, .offset = AT_ENUM(cache), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .fallback = "none for the scratch disk, writeback for your disks",
	  .help = "Select QEMU's cache mode for disks." },
	{ .name = "queues", .kind = &kind_queues, .offset = AT(int, queues), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true, .hint = "N", .fallback = "QEMU's own, one for each vCPU",
	  .help = "Set the number of virtio queues of each disk." },
	{ .name = "virtio", .kind = &kind_virtio, .offset = AT_ENUM(virtio), .scope = SCOPE_BOOT,
	  .commands = R | B | S | D, .only_guest = true,
	  .help = "Select a set of disk options. tuned is an iothread for each disk, --aio io_uring, --cache none "
	          "and a queue for each vCPU. Options that you give take precedence." },
	{ .name = "disk", .kind = &kind_disk, .scope = SCOPE_BOOT, .commands = R | D, .only_guest = true,
	  .hint = "FILE|file=FILE,format=qcow2|raw,readonly=on|JSON",
	  .help = "Add a disk; the guest boots from the first one. A plain DISK argument is the short form." },
	{ .name = "snapshot", .kind = &kind_flag, .offset = AT(bool, snapshot), .scope = SCOPE_BOOT, .commands = R,
	  .only_guest = true, .hint = "",
	  .help = "Write the guest's changes to a temporary overlay, not to the disk." },
	{ .name = "reboot", .kind = &kind_on_off, .offset = AT(bool, reboot), .scope = SCOPE_BOOT, .commands = R | D,
	  .only_guest = true, .fallback = "on",
	  .help = "Boot the guest again when it resets. Three resets within 10 s end the run. off: the first reset "
	          "ends it." },
	{ .name = "backing", .kind = &kind_backing, .offset = AT(bool, allow_backing), .scope = SCOPE_BOOT,
	  .commands = R | D, .only_guest = true,
	  .help = "Refuse or allow a qcow2 disk that names a backing file." },

	{ .name = "pin", .kind = &kind_pinlist, .offset = AT(struct pinlist, pin), .scope = SCOPE_LIVE,
	  .commands = R | B | S | D, .hint = "none|LIST",
	  .help = "Run vCPU i on the i-th CPU of LIST. LIST is ordered (2-3; 3,2) or names each vCPU (0:2,1:3)." },
	{ .name = "io-pin", .kind = &kind_pinlist, .offset = AT(struct pinlist, io_pin), .scope = SCOPE_LIVE,
	  .commands = R | B | S | D, .only_guest = true, .hint = "none|LIST",
	  .help = "Run iothread i on the i-th CPU of LIST. LIST is written as for --pin." },
	{ .name = "emulator-pin", .kind = &kind_cpus, .scope = SCOPE_LIVE, .commands = R | B | S | D, .hint = "CPUS",
	  .fallback = "with --pin the housekeeping CPUs, which no vCPU is pinned to",
	  .help = "Run QEMU's other threads and qlaunch on these CPUs." },
	{ .name = "policy", .kind = &kind_policy, .offset = AT(struct policy, policy), .scope = SCOPE_LIVE,
	  .commands = R | B | S | D, .hint = POLICY_HINT,
	  .help = "Set the scheduling policy of the vCPU threads. Natively: of the workers. POLICY is other[:NICE], "
	          "batch[:NICE], idle, fifo[:PRIO], rr[:PRIO] or deadline:RUNTIME/DEADLINE/PERIOD." },
	{ .name = "neighbour-policy", .kind = &kind_policy, .offset = AT(struct policy, neighbour_policy),
	  .scope = SCOPE_LIVE, .commands = B | S, .only_guest = true, .hint = POLICY_HINT, .fallback = "as --policy",
	  .help = "Set the scheduling policy of the vCPUs of all VMs except the first. Requires --vms." },
	{ .name = "io-policy", .kind = &kind_policy, .offset = AT(struct policy, io_policy), .scope = SCOPE_LIVE,
	  .commands = R | B | S | D, .only_guest = true, .hint = POLICY_HINT,
	  .help = "Set the scheduling policy of the iothreads." },
	{ .name = "emulator-policy", .kind = &kind_policy, .offset = AT(struct policy, emulator_policy),
	  .scope = SCOPE_LIVE, .commands = R | B | S | D, .only_guest = true, .hint = POLICY_HINT,
	  .help = "Set the scheduling policy of QEMU's other threads." },
	{ .name = "place-at", .kind = &kind_place_at, .offset = AT_ENUM(place_at), .scope = SCOPE_LIVE,
	  .commands = R | B | S | D, .only_guest = true,
	  .help = "Select when affinity and policies are set. start is before the guest's first instruction, ready "
	          "is when its workload is ready." },
	{ .name = "poll-max-ns", .kind = &kind_poll, .offset = AT(int64_t, poll_max_ns), .scope = SCOPE_LIVE,
	  .commands = R | B | S | D, .only_guest = true, .hint = "NS", .fallback = "QEMU's own",
	  .help = "Let an iothread poll for NS nanoseconds before it sleeps." },
	{ .name = "shutdown-timeout", .kind = &kind_timeout, .offset = AT(int64_t, shutdown_timeout_ns),
	  .scope = SCOPE_LIVE, .commands = R, .only_guest = true, .hint = "TIME",
	  .help = "Wait TIME for the guest's ACPI shutdown, then terminate QEMU." },

	{ .name = "workload", .kind = &kind_workloads, .scope = SCOPE_LOAD, .commands = B | S | D, .hint = "LIST",
	  .help = "Run the built-in workloads of LIST in turn." },
	{ .name = "guest-policy", .kind = &kind_policy, .offset = AT(struct policy, guest_policy),
	  .scope = SCOPE_LOAD, .commands = B | S | D, .only_guest = true, .hint = POLICY_HINT,
	  .fallback = "as --policy sets it for native workers",
	  .help = "Set the scheduling policy of the workload's threads inside the guest." },
	{ .name = "duration", .kind = &kind_time, .offset = AT(int64_t, duration_ns), .scope = SCOPE_LOAD,
	  .commands = R | B | S | D, .hint = "TIME", .fallback = "run: until the guest ends; else 5s",
	  .help = "Measure for TIME in each trial." },
	{ .name = "warmup", .kind = &kind_warmup, .scope = SCOPE_LOAD, .commands = R | B | S | D,
	  .hint = "TIME|login|agent|console:REGEX", .fallback = "run: 0s; else 1s",
	  .help = "Discard the first TIME of the workload. For run: begin to measure after TIME, at a login prompt, "
	          "when the QEMU guest agent answers, or at a console line that matches REGEX. --duration counts "
	          "from there." },
	{ .name = "bs", .kind = &kind_block, .offset = AT(uint64_t, bs_bytes), .scope = SCOPE_LOAD,
	  .commands = B | S | D, .hint = "SIZE",
	  .help = "Set the size of one I/O." },
	{ .name = "iodepth", .kind = &kind_iodepth, .offset = AT(int, iodepth), .scope = SCOPE_LOAD,
	  .commands = B | S | D, .hint = "N",
	  .help = "Keep N I/Os of each worker in flight." },
	{ .name = "rwmix", .kind = &kind_percent, .offset = AT(int, rwmix), .scope = SCOPE_LOAD,
	  .commands = B | S | D, .hint = "PERCENT",
	  .help = "Set the share of reads in the workload randrw." },
	{ .name = "handicap", .kind = &kind_handicap, .offset = AT(int, handicap), .scope = SCOPE_LOAD,
	  .commands = B | S | D, .hint = "N%",
	  .help = "Add N % of work to each event of the workload cpu. Use it to check that a difference of this size "
	          "is detected." },
	{ .name = "rate", .kind = &kind_rate, .offset = AT(struct arrival_rate, rate), .scope = SCOPE_LOAD,
	  .commands = B | S | D, .hint = "none|N[:poisson]",
	  .help = "Start N I/Os a second, counted over all workers, at fixed or Poisson intervals (open loop). "
	          "Latencies count from the scheduled start. none: start an I/O when one completes (closed loop)." },
	{ .name = "direct", .kind = &kind_on_off, .offset = AT(bool, direct), .scope = SCOPE_LOAD,
	  .commands = B | S | D,
	  .help = "Use O_DIRECT, which bypasses the page cache of the host or guest." },
	{ .name = "iopoll", .kind = &kind_on_off, .offset = AT(bool, iopoll), .scope = SCOPE_LOAD,
	  .commands = B | S | D,
	  .help = "Poll the disk for completions, without interrupts. Requires a disk whose queue/io_poll is 1." },
	{ .name = "sqpoll", .kind = &kind_on_off, .offset = AT(bool, sqpoll), .scope = SCOPE_LOAD,
	  .commands = B | S | D,
	  .help = "Submit I/Os by a kernel thread for each worker, without system calls. Requires a spare CPU for "
	          "each thread." },
	{ .name = "stuck-after", .kind = &kind_timeout, .offset = AT(int64_t, stuck_after_ns), .scope = SCOPE_LOAD,
	  .commands = B | S | D, .hint = "TIME",
	  .help = "Fail the trial if the disk completes no I/O for TIME. An operation of any workload that has not "
	          "ended a third of TIME after the window counts as at least that long." },
	{ .name = "observe", .kind = &kind_observe, .offset = AT_ENUM(observe), .scope = SCOPE_LOAD,
	  .commands = R | B | S | D, .fallback = "counters if the host has a PMU, else light",
	  .help = "Select what is measured on each thread. light reads /proc and KVM's statistics before and after "
	          "the window; in it, it counts io-wq punts only. counters adds perf events. deep adds BPF programs: "
	          "who preempted a thread, what it waited for, why it left the guest. If the kernel refuses a level that "
	          "you ask for, qlaunch exits with 1 at the end." },
	{ .name = "events", .kind = &kind_events, .offset = AT(const char *, events), .scope = SCOPE_HOST,
	  .commands = R | B | S | D, .hint = "LIST", .fallback = "a built-in set",
	  .help = "Count these events, in the syntax of perf: cycles:G, cache-misses, r1a2, cpu/event=0x3c/, "
	          "sched:sched_switch, {slots,topdown-retiring}. Not with --observe light." },
	{ .name = "trace", .kind = &kind_file, .offset = AT(const char *, trace), .scope = SCOPE_HOST,
	  .commands = R | B | S | D, .hint = "FILE",
	  .help = "Write a timeline of the measured window to FILE. It has context switches, wake-ups, VM exits and "
	          "I/O. The name selects the format: .pftrace or .json for Perfetto, .dat for trace-cmd and "
	          "KernelShark. With many trials the trial's key is added to the name." },
	{ .name = "trace-buffer", .kind = &kind_trace_buffer, .offset = AT(uint64_t, trace_buffer_bytes),
	  .scope = SCOPE_HOST, .commands = R | B | S | D, .hint = "SIZE",
	  .help = "Set the size of the trace ring of each CPU. Events that do not fit are counted." },
	{ .name = "trace-limit", .kind = &kind_trace_limit, .offset = AT(uint64_t, trace_limit_bytes),
	  .scope = SCOPE_HOST, .commands = R | B | S | D, .hint = "SIZE",
	  .help = "End the trace of a trial, and of each VM of --vms, at SIZE. The result says that it ended early." },
	{ .name = "scratch", .kind = &kind_file, .offset = AT(const char *, scratch), .scope = SCOPE_BOOT,
	  .commands = B | S | D, .hint = "FOLDER", .fallback = "the state folder",
	  .help = "Create the scratch file, which workloads read and write, in FOLDER." },
	{ .name = "scratch-size", .kind = &kind_scratch_size, .offset = AT(uint64_t, scratch_bytes),
	  .scope = SCOPE_BOOT, .commands = B | S | D, .hint = "SIZE",
	  .help = "Set the size of the scratch file." },

	{ .name = "force", .kind = &kind_flag, .offset = AT(bool, force), .scope = SCOPE_HOST,
	  .commands = R | B | S | D, .hint = "",
	  .help = "Allow a real-time thread on a CPU of QEMU's other threads, an iothread or qlaunch." },
	{ .name = "noise", .kind = &kind_noise, .offset = AT(struct noise, noise), .scope = SCOPE_HOST,
	  .commands = B | S, .hint = "none|cpu:N[:POLICY]",
	  .help = "Run N busy processes on the vCPUs' CPUs during each trial. POLICY is other, batch or idle, with a "
	          "nice value of 0 or more." },
	{ .name = "qmp-timeout", .kind = &kind_timeout, .offset = AT(int64_t, qmp_timeout_ns), .scope = SCOPE_HOST,
	  .commands = R | B | S, .only_guest = true, .hint = "TIME",
	  .help = "Terminate QEMU if it does not answer a QMP command within TIME." },
	{ .name = "boot-timeout", .kind = &kind_timeout, .offset = AT(int64_t, boot_timeout_ns), .scope = SCOPE_HOST,
	  .commands = B | S, .only_guest = true, .hint = "TIME", .fallback = "3m, on software KVM 20s",
	  .help = "Fail if the built-in guest does not report its workload as ready within TIME after its first "
	          "instruction." },
	{ .name = "hold", .kind = &kind_flag, .offset = AT(bool, hold), .scope = SCOPE_HOST, .commands = R | B | S,
	  .hint = "",
	  .help = "Stop after placement, print \"held pid=N\", and continue at a line on standard input." },
	{ .name = "overwrite", .kind = &kind_flag, .offset = AT(bool, overwrite), .scope = SCOPE_REPORT,
	  .commands = R | B | S, .hint = "",
	  .help = "Replace existing files of --trace, of --submit and of QEMU's options after --. Result lines are "
	          "always appended." },
	{ .name = "dry-run", .kind = &kind_flag, .offset = AT(bool, dry_run), .scope = SCOPE_HOST,
	  .commands = R | B | S, .hint = "",
	  .help = "Print placement and QEMU command; start nothing. A second command line can be pasted into a "
	          "shell. No file is written." },

	{ .name = "repeat", .kind = &kind_repeat, .offset = AT(int, repeat), .scope = SCOPE_REPORT, .commands = B | S,
	  .hint = "N", .fallback = "bench: 8; else 10",
	  .help = "Run N trials of each configuration and workload." },
	{ .name = "boots", .kind = &kind_boots, .offset = AT(int, boots), .scope = SCOPE_REPORT, .commands = B | S,
	  .hint = "N", .fallback = "one for each repeat, at most 10",
	  .help = "Spread the trials over N VM starts." },
	{ .name = "seed", .kind = &kind_seed, .offset = AT(uint64_t, seed), .scope = SCOPE_REPORT, .commands = B | S,
	  .hint = "N", .fallback = "random, and printed",
	  .help = "Set the seed of the random order of trials." },
	{ .name = "baseline", .kind = &kind_text, .offset = AT(const char *, baseline), .scope = SCOPE_REPORT,
	  .commands = B | S | P, .hint = "ARM", .fallback = "the first one",
	  .help = "Compare the other configurations with this one." },
	{ .name = "control", .kind = &kind_on_off, .offset = AT(bool, control), .scope = SCOPE_REPORT, .commands = S,
	  .help = "Add the baseline under a second name (A/A control). If the two differ, no other difference "
	          "counts." },
	{ .name = "arms", .kind = &kind_file, .offset = AT(const char *, arms), .scope = SCOPE_REPORT, .commands = S,
	  .hint = "FILE",
	  .help = "Read the configurations (arms) from a JSON file." },
	{ .name = "allow-paths", .kind = &kind_flag, .offset = AT(bool, allow_paths), .scope = SCOPE_REPORT,
	  .commands = S, .hint = "",
	  .help = "Allow the --arms file to name files and folders of this host, and to set --user and --confine. By "
	          "default only the command line can." },
	{ .name = "preset", .kind = &kind_preset, .offset = AT(const char *, preset), .scope = SCOPE_REPORT,
	  .commands = S,
	  .help = "Use a predefined list of configurations. seed repeats the seed study and prints its figures "
	          "beside yours." },
	{ .name = "format", .kind = &kind_report_format, .offset = AT(const char *, format), .scope = SCOPE_REPORT,
	  .commands = P, .fallback = "table",
	  .help = "Set the format of the comparison." },
	{ .name = "fail-if", .kind = &kind_limit, .scope = SCOPE_REPORT, .commands = B | S | P,
	  .hint = "'FIGURE worse N%'|'FIGURE > VALUE'",
	  .help = "Exit with 3 if a verdict is worse, by N % or more, or a figure is beyond VALUE. Exit with 1 if "
	          "there is no verdict. You can give this option several times." },
	{ .name = "old", .kind = &kind_old, .offset = AT_ENUM(side), .scope = SCOPE_REPORT, .commands = P, .hint = "",
	  .help = "Read the files that follow as sessions before the change: --old a.jsonl b.jsonl --new c.jsonl "
	          "d.jsonl." },
	{ .name = "new", .kind = &kind_new, .offset = AT_ENUM(side), .scope = SCOPE_REPORT, .commands = P, .hint = "",
	  .help = "Read the files that follow as sessions after the change." },
	{ .name = "spread-from", .kind = &kind_same, .offset = AT_ENUM(side), .scope = SCOPE_REPORT, .commands = P,
	  .hint = "",
	  .help = "Read the files that follow as sessions of the old setting, from separate starts. They only "
	          "improve the estimate of how much sessions differ." },
	{ .name = "session-spread", .kind = &kind_share, .offset = AT(double, session_spread), .scope = SCOPE_REPORT,
	  .commands = P, .hint = "PERCENT%",
	  .help = "Set the standard deviation between sessions of one setting, if it is known. By default it is "
	          "estimated." },
	{ .name = "by", .kind = &kind_text, .offset = AT(const char *, by), .scope = SCOPE_REPORT, .commands = P,
	  .hint = "FIELD",
	  .help = "Divide the files into old and new by a field of the host record, such as kernel. The first file "
	          "is old." },
	{ .name = "output", .letter = 'o', .kind = &kind_file, .offset = AT(const char *, output),
	  .scope = SCOPE_REPORT, .commands = R | B | S, .hint = "FILE",
	  .fallback = "DATE-TIME-COMMAND.jsonl in the state folder",
	  .help = "Append the result lines to FILE. - is standard output." },
	{ .name = "pairs", .kind = &kind_flag, .offset = AT(bool, pairs), .scope = SCOPE_REPORT, .commands = S,
	  .hint = "",
	  .help = "Vary one option at a time; the others keep their first value." },
	{ .name = "until-ci", .kind = &kind_share, .offset = AT(double, until_ci), .scope = SCOPE_REPORT,
	  .commands = S, .hint = "PERCENT%",
	  .help = "End a configuration's workload when the confidence interval of its ratio to the baseline is this "
	          "narrow. --repeat, by default 30, is the limit." },
	{ .name = "budget", .kind = &kind_budget, .offset = AT(int64_t, budget_ns), .scope = SCOPE_REPORT,
	  .commands = S, .hint = "TIME", .fallback = "no limit",
	  .help = "Run as many repeats as fit in TIME, at most --repeat if that is given." },
	{ .name = "shard", .kind = &kind_shard, .offset = AT(struct shard, shard), .scope = SCOPE_REPORT,
	  .commands = S, .hint = "I/N", .fallback = "all of it",
	  .help = "Run every N-th block of the sweep, from block I on. Requires --seed. Join the results of all "
	          "shards with cat." },
	{ .name = "slurm", .kind = &kind_slurm, .offset = AT(int, slurm), .scope = SCOPE_REPORT, .commands = S,
	  .hint = "N",
	  .help = "Print the sweep as a Slurm job array of N shards, for sbatch. A task that is requeued resumes." },
	{ .name = "submit", .kind = &kind_flag, .offset = AT(bool, submit), .scope = SCOPE_REPORT, .commands = S,
	  .hint = "",
	  .help = "Submit the job array of --slurm with sbatch. A second job collects the results and compares them." },
	{ .name = "resume", .kind = &kind_file, .offset = AT(const char *, resume), .scope = SCOPE_REPORT,
	  .commands = S, .hint = "FILE",
	  .help = "Continue the sweep of this results file; start it if the file is new." },
	{ .name = "json", .kind = &kind_flag, .offset = AT(bool, json), .scope = SCOPE_REPORT, .commands = D,
	  .hint = "",
	  .help = "Print the findings as JSON." },
	{ .name = "verbose", .letter = 'v', .kind = &kind_verbose, .offset = AT(int, verbose), .scope = SCOPE_REPORT,
	  .commands = R | B | S | P | D, .hint = "",
	  .help = "Print more details. Given twice, print still more." },
	{ .name = "quiet", .letter = 'q', .kind = &kind_quiet, .offset = AT(int, verbose), .scope = SCOPE_REPORT,
	  .commands = R | B | S | P | D, .hint = "",
	  .help = "Print no progress." },
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(knobs) <= 128, "spec.given has a bit a knob");

const struct knob *knob_at(int i)
{
	return i >= 0 && (size_t)i < ARRAY_SIZE(knobs) ? &knobs[i] : NULL;
}

const struct knob *knob_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		if (!strcmp(knobs[i].name, name))
			return &knobs[i];
	}
	return NULL;
}

int knob_index(const struct knob *knob)
{
	return (int)(knob - knobs);
}

const char *knob_hint(const struct knob *knob, char *buf, size_t size)
{
	const char *const *names = knob->kind->names;
	size_t used = 0;

	if (knob->hint)
		return knob->hint;
	for (int i = 0; names[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "|" : "", names[i]);
	return buf;
}

bool knob_is_flag(const struct knob *knob)
{
	return knob->kind->is_flag;
}

bool knob_is_list(const struct knob *knob)
{
	return knob->kind->is_list;
}

bool knob_is_axis(const struct knob *knob)
{
	return (knob->commands & S) && !knob->kind->is_flag && !knob->kind->is_list &&
	       !knob->kind->is_whole && knob->scope <= SCOPE_HOST;
}

bool knob_names_path(const struct knob *knob, const char *text)
{
	static const char *const keys[] = { "firmware=", "kernel=", "initrd=", "dtb=", "pflash" };
	bool names = knob->kind->is_path;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && knob->kind == &kind_words; i++)
		names |= strchr(text, '/') || strstr(text, keys[i]);
	return names;
}

bool knob_is_given(const struct spec *spec, const char *name)
{
	const struct knob *knob = knob_find(name);

	return knob && (spec->given >> knob_index(knob) & 1);
}

int knob_parse(const struct knob *knob, const char *text, struct spec *ret, struct err *err)
{
	int rc = knob->kind->parse(knob->kind, text, (char *)ret + knob->offset, err);

	if (rc < 0)
		return rc;
	ret->given |= (unsigned __int128)1 << knob_index(knob);
	return 0;
}

void knob_format(const struct knob *knob, const struct spec *spec, char *buf, size_t size)
{
	knob->kind->format(knob->kind, (const char *)spec + knob->offset, buf, size);
}

const char *knob_suggest(const char *name)
{
	size_t best = text_slips(strlen(name)) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		size_t d = text_distance(name, knobs[i].name);

		if (d < best) {
			best = d;
			nearest = knobs[i].name;
		}
	}
	return nearest;
}
