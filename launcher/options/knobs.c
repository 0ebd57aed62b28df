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
#define GUEST       true
#define ANY         false

/* clang-format off */
static const struct knob knobs[] = {
	{ "where", 0, &kind_where, AT_ENUM(where), SCOPE_BOOT, B | S | D, ANY, NULL,
	  "bench: native,guest; sweep: guest", "where the load runs: on the host itself or in the guest" },
	{ "accel", 0, &kind_accel, AT_ENUM(accel), SCOPE_BOOT, R | B | S | D, GUEST, NULL, NULL,
	  "accelerator; auto takes KVM only where the CPU has vmx or svm, and says why" },
	{ "qemu", 0, &kind_file, AT(const char *, qemu), SCOPE_BOOT, R | B | S | D, GUEST, "FILE",
	  "qemu-system-x86_64 on PATH, else /usr/libexec/qemu-kvm",
	  "the QEMU binary to start; a name without a slash is searched on PATH" },
	{ "vcpus", 0, &kind_vcpus, AT(int, vcpus), SCOPE_BOOT, R | B | S | D, ANY, "N",
	  "as many as --pin lists, else 2, one CPU kept free",
	  "Give the guest N virtual CPUs. Natively: start N workers." },
	{ "memory", 0, &kind_memory, AT(uint64_t, memory_bytes), SCOPE_BOOT, R | B | S | D, GUEST, "SIZE", NULL,
	  "Give the guest SIZE of memory." },
	{ "cpu", 0, &kind_words, AT(const char *, cpu), SCOPE_BOOT, R | B | S | D, GUEST, "MODEL",
	  "host under KVM, max under TCG", "QEMU's CPU model" },
	{ "machine", 0, &kind_words, AT(const char *, machine), SCOPE_BOOT, R | B | S | D, GUEST, "TYPE",
	  "q35", "QEMU's machine type" },
	{ "net", 0, &kind_net, AT_ENUM(net), SCOPE_BOOT, R | B | S | D, GUEST, NULL,
	  "run: user, else none", "user: a network card behind QEMU's own NAT" },
	{ "kernel", 0, &kind_file, AT(const char *, kernel), SCOPE_BOOT, R | B | S | D, GUEST, "FILE",
	  "run: the disk's own; else this host's", "bzImage to boot" },
	{ "initrd", 0, &kind_file, AT(const char *, initrd), SCOPE_BOOT, R, GUEST, "FILE", NULL,
	  "initial ramdisk for --kernel" },
	{ "append", 0, &kind_text, AT(const char *, append), SCOPE_BOOT, R | B | S | D, GUEST, "TEXT", NULL,
	  "more words for the kernel's command line" },
	{ "modules", 0, &kind_file, AT(const char *, modules), SCOPE_BOOT, B | S | D, GUEST, "FOLDER",
	  "/lib/modules/VERSION", "where the kernel's virtio modules are" },
	{ "user", 0, &kind_user, AT(const char *, user), SCOPE_BOOT, R | B | S | D, GUEST, "NAME|UID",
	  "started by root: an unused uid of each VM's own; else the caller's",
	  "user that QEMU runs as; 'root' keeps uid 0, which owns root's files" },
	{ "confine", 0, &kind_direct, AT(bool, confine), SCOPE_BOOT, R | B | S | D, GUEST, NULL, NULL,
	  "allow QEMU to open only its own files, KVM and vhost, and what the command line names (Landlock)" },
	{ "vms", 0, &kind_vms, AT(int, vms), SCOPE_BOOT, B | S, GUEST, "N", NULL,
	  "N equal VMs on the same CPUs, each placed as --pin and --policy say, all at the same load; the figures are "
	  "the first one's; vms_total_..., vms_worst_... and vms_fairness are of all" },
	{ "iothreads", 0, &kind_iothreads, AT(int, iothreads), SCOPE_BOOT, R | B | S | D, GUEST, "N", NULL,
	  "threads of QEMU that serve disks; disk i is served by iothread i mod N" },
	{ "aio", 0, &kind_aio, AT_ENUM(aio), SCOPE_BOOT, R | B | S | D, GUEST, NULL, NULL,
	  "how QEMU does its disk I/O" },
	{ "cache", 0, &kind_cache, AT_ENUM(cache), SCOPE_BOOT, R | B | S | D, GUEST,
	  NULL, "scratch: none, user's disk: writeback",
	  "QEMU's cache mode" },
	{ "queues", 0, &kind_queues, AT(int, queues), SCOPE_BOOT, R | B | S | D, GUEST, "N",
	  "QEMU's own, one a vCPU", "virtio queues of a disk" },
	{ "virtio", 0, &kind_virtio, AT_ENUM(virtio), SCOPE_BOOT, R | B | S | D, GUEST, NULL, NULL,
	  "tuned: an iothread a disk, --aio io_uring, --cache none, a queue a vCPU; an explicit knob wins" },
	{ "disk", 0, &kind_disk, 0, SCOPE_BOOT, R | D, GUEST, "FILE|file=FILE,format=qcow2|raw,readonly=on|JSON",
	  NULL, "a disk, the first one boots; a plain DISK word is the short form" },
	{ "snapshot", 0, &kind_flag, AT(bool, snapshot), SCOPE_BOOT, R, GUEST, "", NULL,
	  "the guest's writes go to a throw-away overlay" },
	{ "reboot", 0, &kind_direct, AT(bool, reboot), SCOPE_BOOT, R | D, GUEST, NULL, "on",
	  "whether a guest that resets boots again, unless it does so three times within 10 s; off: a reset ends the run" },
	{ "backing", 0, &kind_backing, AT(bool, allow_backing), SCOPE_BOOT, R | D, GUEST, NULL, NULL,
	  "whether a qcow2 may name a backing file" },

	{ "pin", 0, &kind_pinlist, AT(struct pinlist, pin), SCOPE_LIVE, R | B | S | D, ANY, "none|LIST", NULL,
	  "Run vCPU i on the i-th CPU of LIST. LIST is ordered (2-3; 3,2) or names each vCPU (0:2,1:3)." },
	{ "io-pin", 0, &kind_pinlist, AT(struct pinlist, io_pin), SCOPE_LIVE, R | B | S | D, GUEST, "none|LIST",
	  NULL, "the same for iothreads" },
	{ "emulator-pin", 0, &kind_cpus, 0, SCOPE_LIVE, R | B | S | D, ANY, "CPUS",
	  "with --pin: the CPUs that no vCPU has", "a set of CPUs for QEMU's other threads and qlaunch itself" },
	{ "policy", 0, &kind_policy, AT(struct policy, policy), SCOPE_LIVE, R | B | S | D, ANY, POLICY_HINT, NULL,
	  "Set the scheduling policy of the vCPU threads. Natively: of the workers. POLICY is other[:NICE], batch[:NICE], idle, fifo[:PRIO], rr[:PRIO], "
	  "deadline:RUNTIME/DEADLINE/PERIOD." },
	{ "neighbour-policy", 0, &kind_policy, AT(struct policy, neighbour_policy), SCOPE_LIVE, B | S, GUEST, POLICY_HINT,
	  "what --policy says", "with --vms: of the vCPUs of all VMs but the first" },
	{ "io-policy", 0, &kind_policy, AT(struct policy, io_policy), SCOPE_LIVE, R | B | S | D, GUEST, POLICY_HINT,
	  NULL, "of the iothreads" },
	{ "emulator-policy", 0, &kind_policy, AT(struct policy, emulator_policy), SCOPE_LIVE, R | B | S | D, GUEST,
	  POLICY_HINT, NULL, "of QEMU's other threads" },
	{ "place-at", 0, &kind_place_at, AT_ENUM(place_at), SCOPE_LIVE, R | B | S | D, GUEST, NULL, NULL,
	  "when pins and policies are set: before the guest's first instruction, or when its load is ready" },
	{ "poll-max-ns", 0, &kind_poll, AT(int64_t, poll_max_ns), SCOPE_LIVE, R | B | S | D, GUEST, "NS",
	  "QEMU's own", "how long an iothread polls before it sleeps" },
	{ "shutdown-timeout", 0, &kind_timeout, AT(int64_t, shutdown_timeout_ns), SCOPE_LIVE, R, GUEST, "TIME", NULL,
	  "how long the power button is pressed before the guest is cut" },

	{ "workload", 0, &kind_workloads, 0, SCOPE_LOAD, B | S | D, ANY, "LIST", NULL,
	  "Run the built-in workloads of LIST in turn." },
	{ "guest-policy", 0, &kind_policy, AT(struct policy, guest_policy), SCOPE_LOAD, B | S | D, GUEST, POLICY_HINT,
	  "what --policy gives the native workers", "of the load's workers inside the guest" },
	{ "duration", 0, &kind_time, AT(int64_t, duration_ns), SCOPE_LOAD, R | B | S | D, ANY, "TIME",
	  "run: until it stops; else 5s", "Measure for TIME in each trial." },
	{ "warmup", 0, &kind_warmup, 0, SCOPE_LOAD, R | B | S | D, ANY, "TIME|login|agent|console:REGEX", "run: 0s; else 1s",
	  "how long the load runs before it is timed; of a run: what is measured, and --duration, begins after TIME, at a "
	  "login prompt, when the QEMU guest agent answers, or at a console line with REGEX" },
	{ "bs", 0, &kind_block, AT(uint64_t, bs_bytes), SCOPE_LOAD, B | S | D, ANY, "SIZE", NULL,
	  "bytes of one I/O" },
	{ "iodepth", 0, &kind_iodepth, AT(int, iodepth), SCOPE_LOAD, B | S | D, ANY, "N", NULL,
	  "I/Os in flight, of each worker" },
	{ "rwmix", 0, &kind_percent, AT(int, rwmix), SCOPE_LOAD, B | S | D, ANY, "PERCENT", NULL,
	  "reads among randrw's I/Os" },
	{ "handicap", 0, &kind_handicap, AT(int, handicap), SCOPE_LOAD, B | S | D, ANY, "N%", NULL,
	  "so much more work in each of cpu's events, to see that such a difference is found here" },
	{ "rate", 0, &kind_rate, AT(struct arrival_rate, rate), SCOPE_LOAD, B | S | D, ANY, "none|N[:poisson]", NULL,
	  "I/Os a second, of all workers, that start when they are due (open loop), evenly or as a Poisson process; "
	  "latencies count from then; none: as fast as they are answered" },
	{ "direct", 0, &kind_direct, AT(bool, direct), SCOPE_LOAD, B | S | D, ANY, NULL, NULL,
	  "I/O past the page cache of the host or guest it runs on" },
	{ "iopoll", 0, &kind_direct, AT(bool, iopoll), SCOPE_LOAD, B | S | D, ANY, NULL, NULL,
	  "ask the disk for completions instead of being interrupted; refused where its queue/io_poll is not 1" },
	{ "sqpoll", 0, &kind_direct, AT(bool, sqpoll), SCOPE_LOAD, B | S | D, ANY, NULL, NULL,
	  "a kernel thread for each worker takes its I/Os, no system call does; refused where no CPU is spare for it" },
	{ "stuck-after", 0, &kind_timeout, AT(int64_t, stuck_after_ns), SCOPE_LOAD, B | S | D, ANY, "TIME", NULL,
	  "a disk that answers no I/O for so long is taken for dead, and the trial has failed; what has not ended a third of "
	  "it after the window, of any workload, counts as at least so long" },
	{ "observe", 0, &kind_observe, AT_ENUM(observe), SCOPE_LOAD, R | B | S | D, ANY, NULL,
	  "counters where the host has a PMU, else light",
	  "what watches the window: light reads only before and after it (inside it are --trace, and a count of "
	  "the I/Os that a kernel worker takes over), counters are perf's, on each thread, deep adds BPF: who "
	  "preempted it, what it waited for, why it left the guest. A level given here that the kernel refuses is exit 1 at "
	  "the end" },
	{ "events", 0, &kind_events, AT(const char *, events), SCOPE_HOST, R | B | S | D, ANY, "LIST", "a built-in set",
	  "what is counted, as perf spells it: cycles:G, cache-misses, r1a2, cpu/event=0x3c/, "
	  "sched:sched_switch, {slots,topdown-retiring}; not at --observe light" },
	{ "trace", 0, &kind_file, AT(const char *, trace), SCOPE_HOST, R | B | S | D, ANY, "FILE", NULL,
	  "Write a timeline of the measured window to FILE. It has context switches, wake-ups, VM exits and I/O. The "
	  "name selects the format: .pftrace or .json for Perfetto, .dat for trace-cmd and KernelShark. With many "
	  "trials the trial's key is added to the name." },
	{ "trace-buffer", 0, &kind_trace_buffer, AT(uint64_t, trace_buffer_bytes), SCOPE_HOST, R | B | S | D, ANY,
	  "SIZE", NULL, "the kernel's ring for it, on each CPU; what does not fit is counted" },
	{ "trace-limit", 0, &kind_trace_limit, AT(uint64_t, trace_limit_bytes), SCOPE_HOST, R | B | S | D, ANY,
	  "SIZE", NULL, "of all events of a trial, with --vms of each VM; there the trace ends early, and says so" },
	{ "scratch", 0, &kind_file, AT(const char *, scratch), SCOPE_BOOT, B | S | D, ANY, "FOLDER",
	  "state folder", "where the file that the loads read and write is made" },
	{ "scratch-size", 0, &kind_scratch_size, AT(uint64_t, scratch_bytes), SCOPE_BOOT, B | S | D, ANY, "SIZE",
	  NULL, "size of that file" },

	{ "force", 0, &kind_flag, AT(bool, force), SCOPE_HOST, R | B | S | D, ANY, "", NULL,
	  "a real-time thread may share its CPU with the emulator, an iothread or qlaunch" },
	{ "noise", 0, &kind_noise, AT(struct noise, noise), SCOPE_HOST, B | S, ANY, "none|cpu:N[:POLICY]", NULL,
	  "N busy processes on the vCPUs' CPUs during each trial: other, batch or idle, nice 0 or more" },
	{ "qmp-timeout", 0, &kind_timeout, AT(int64_t, qmp_timeout_ns), SCOPE_HOST, R | B | S, GUEST, "TIME", NULL,
	  "how long QEMU may take to answer; one that does not is ended" },
	{ "boot-timeout", 0, &kind_timeout, AT(int64_t, boot_timeout_ns), SCOPE_HOST, B | S, GUEST, "TIME",
	  "3m, on software KVM 20s",
	  "how long the built-in guest may take from its first instruction until its load says hello" },
	{ "hold", 0, &kind_flag, AT(bool, hold), SCOPE_HOST, R | B | S, ANY, "", NULL,
	  "stop after placement, print \"held pid=N\", go on at a line on stdin" },
	{ "overwrite", 0, &kind_flag, AT(bool, overwrite), SCOPE_REPORT, R | B | S, ANY, "", NULL,
	  "replace the files of --trace, --submit's scripts, and files that words after -- write, that exist already; results are only ever appended" },
	{ "dry-run", 0, &kind_flag, AT(bool, dry_run), SCOPE_HOST, R | B | S, ANY, "", NULL,
	  "Print placement and QEMU command; start nothing. A second command line is for a shell." },

	{ "repeat", 0, &kind_repeat, AT(int, repeat), SCOPE_REPORT, B | S, ANY, "N", "bench: 8, sweep: 10",
	  "Run N trials of each configuration and workload." },
	{ "boots", 0, &kind_boots, AT(int, boots), SCOPE_REPORT, B | S, ANY, "N",
	  "one a repeat, at most 10", "VM starts that these are spread over" },
	{ "seed", 0, &kind_seed, AT(uint64_t, seed), SCOPE_REPORT, B | S, ANY, "N", "drawn and printed",
	  "of the order of trials" },
	{ "baseline", 0, &kind_text, AT(const char *, baseline), SCOPE_REPORT, B | S | P, ANY, "ARM",
	  "the first arm", "what the others are compared with" },
	{ "control", 0, &kind_direct, AT(bool, control), SCOPE_REPORT, S, ANY, NULL, NULL,
	  "an A/A arm: the baseline under a second name; where the two differ, no other difference counts" },
	{ "arms", 0, &kind_file, AT(const char *, arms), SCOPE_REPORT, S, ANY, "FILE", NULL,
	  "a JSON list of arms, each an object of knobs" },
	{ "allow-paths", 0, &kind_flag, AT(bool, allow_paths), SCOPE_REPORT, S, ANY, "", NULL,
	  "let the --arms file name files and folders of this host (trace, scratch, kernel, qemu, ...) "
	  "and set --user and --confine; without it, only the command line does" },
	{ "preset", 0, &kind_preset, AT(const char *, preset), SCOPE_REPORT, S, ANY, NULL, NULL,
	  "a ready-made list of arms; seed asks what the seed study asked, and shows its figures beside ours" },
	{ "format", 0, &kind_report_format, AT(const char *, format), SCOPE_REPORT, P, ANY, NULL,
	  "table", "of the comparison" },
	{ "fail-if", 0, &kind_limit, 0, SCOPE_REPORT, B | S | P, ANY, "'FIGURE worse N%'|'FIGURE > VALUE'", NULL,
	  "exit 3 where an arm's verdict is worse, and by so much at least, or a figure is beyond VALUE; exit 1 where "
	  "there is no verdict; may be given several times" },
	{ "old", 0, &kind_old, AT_ENUM(side), SCOPE_REPORT, P, ANY, "", NULL,
	  "the files that follow are sessions before the change: --old a.jsonl b.jsonl --new c.jsonl d.jsonl" },
	{ "new", 0, &kind_new, AT_ENUM(side), SCOPE_REPORT, P, ANY, "", NULL,
	  "the files that follow are sessions after it" },
	{ "spread-from", 0, &kind_same, AT_ENUM(side), SCOPE_REPORT, P, ANY, "", NULL,
	  "the files that follow are sessions of the old setting, from separate starts: how much sessions differ is "
	  "learned from them too" },
	{ "session-spread", 0, &kind_share, AT(double, session_spread), SCOPE_REPORT, P, ANY, "PERCENT%", NULL,
	  "standard deviation between sessions of one setting, where it is known and not to be learned" },
	{ "by", 0, &kind_text, AT(const char *, by), SCOPE_REPORT, P, ANY, "FIELD", NULL,
	  "part the files into old and new by a field of the host record, such as kernel; the first file is old" },
	{ "output", 'o', &kind_file, AT(const char *, output), SCOPE_REPORT, R | B | S, ANY, "FILE",
	  "DATE-TIME-COMMAND.jsonl in the state folder", "Append the result lines to FILE. - is standard output." },
	{ "pairs", 0, &kind_flag, AT(bool, pairs), SCOPE_REPORT, S, ANY, "", NULL,
	  "vary one axis at a time, the others at their first value" },
	{ "until-ci", 0, &kind_share, AT(double, until_ci), SCOPE_REPORT, S, ANY, "PERCENT%", NULL,
	  "end an arm's workload once the interval of its ratio to the baseline is this narrow; --repeat, by "
	  "default 30, is the limit" },
	{ "budget", 0, &kind_budget, AT(int64_t, budget_ns), SCOPE_REPORT, S, ANY, "TIME", "no limit",
	  "as many repeats, up to --repeat where that is given, as fit in this time" },
	{ "shard", 0, &kind_shard, AT(struct shard, shard), SCOPE_REPORT, S, ANY, "I/N", "all of it",
	  "every N-th block of the sweep, from block I on; needs --seed; results of all shards are put together by cat" },
	{ "slurm", 0, &kind_slurm, AT(int, slurm), SCOPE_REPORT, S, ANY, "N", NULL,
	  "print the sweep as a Slurm job array of N shards, for sbatch; a task that was lost is resumed" },
	{ "submit", 0, &kind_flag, AT(bool, submit), SCOPE_REPORT, S, ANY, "", NULL,
	  "with --slurm: give it to sbatch instead, with a second job that gathers the results and compares them" },
	{ "resume", 0, &kind_file, AT(const char *, resume), SCOPE_REPORT, S, ANY, "FILE", NULL,
	  "go on with the same sweep where this results file ends; a new file starts it" },
	{ "json", 0, &kind_flag, AT(bool, json), SCOPE_REPORT, D, ANY, "", NULL, "findings as JSON" },
	{ "verbose", 'v', &kind_verbose, AT(int, verbose), SCOPE_REPORT, R | B | S | P | D, ANY, "", NULL,
	  "more words; twice: still more" },
	{ "quiet", 'q', &kind_quiet, AT(int, verbose), SCOPE_REPORT, R | B | S | P | D, ANY, "", NULL,
	  "no progress" },
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
