/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec.h - what was asked: the value of every knob, plain and copyable.  Strings are borrowed from argv or from the
 * parsed arms file, which live to the end.  Zero is "not given" wherever a default depends on more than the command.
 */
#ifndef LAUNCHER_SPEC_H
#define LAUNCHER_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "arrival.h"
#include "cpuset.h"
#include "err.h"
#include "policy.h"

struct json_object;

enum where { WHERE_NATIVE, WHERE_GUEST };
enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };
enum net { NET_NONE, NET_USER };
enum aio { AIO_THREADS, AIO_NATIVE, AIO_IO_URING };
enum cache { CACHE_NONE, CACHE_WRITEBACK, CACHE_WRITETHROUGH, CACHE_DIRECTSYNC, CACHE_UNSAFE };
enum virtio { VIRTIO_DEFAULT, VIRTIO_TUNED };
enum place_at { PLACE_START, PLACE_READY };
enum observe { OBSERVE_AUTO, OBSERVE_LIGHT, OBSERVE_COUNTERS, OBSERVE_DEEP };
enum disk_format { DISK_AUTO, DISK_RAW, DISK_QCOW2 };
enum command_kind {
	COMMAND_RUN,
	COMMAND_BENCH,
	COMMAND_SWEEP,
	COMMAND_REPORT,
	COMMAND_DOCTOR,
	COMMAND_EXPLAIN
};

#define SPEC_DISKS_MAX     16
#define WARMUP_AGENT       "agent"
#define AGENT_PORT         "org.qemu.guest_agent.0" /* of the guest agent, by virtio-serial */
#define WARMUP_CONSOLE     "console:"
#define QL_VMS_MAX         64
#define SPEC_WORKLOADS_MAX 16
#define SPEC_PATH_MAX      4096
#define SPEC_KNOB_MAX      1024 /* bytes of one knob's text; a disk's apart */
#define NOISE_MAX          64

/* Competing load on the vCPUs' CPUs. */
struct noise {
	int nr;          /* processes; 0: none */
	bool has_policy; /* else they have what qlaunch has */
	struct policy policy;
};

struct disk {
	char file
	        [SPEC_PATH_MAX]; /* by value: the text it came from (JSON, words) holds no such string */
	enum disk_format format; /* DISK_AUTO: by a bounded read of the header */
	bool readonly;
};

/* Part i of so many; {0}: all of it. */
struct shard {
	int i, of;
};

#define SPEC_LIMITS_MAX 16

/* What a FILE word of report is; the values are those of enum result_side (report/results.h). */
enum spec_side { FILES_ALONE, FILES_OLD, FILES_NEW, FILES_SAME };

struct spec {
	unsigned __int128 given; /* bit per knob (its row in knobs.c) that the user or an arm set */

	/* boot */
	enum where where;
	enum accel accel;
	int vcpus; /* 0: not given */
	uint64_t memory_bytes;
	const char *qemu;          /* the binary; NULL: found */
	const char *cpu, *machine; /* NULL: by accelerator; q35 */
	enum net net;
	const char *kernel, *initrd, *append, *modules;
	const char *
	        user; /* that QEMU runs as; NULL: a uid of its own where root starts it, else ours */
	bool confine; /* by Landlock */
	int vms;      /* built-in guests of an arm; 0: a user's own VM */
	int iothreads;
	enum aio aio;
	enum cache cache;    /* of the scratch; of disks where given */
	int queues;          /* 0: QEMU's default (as many as vCPUs) */
	int64_t poll_max_ns; /* -1: QEMU's own */
	enum virtio virtio;
	struct disk disk[SPEC_DISKS_MAX];
	int nr_disks;
	bool snapshot, allow_backing;
	bool reboot; /* a guest's reset boots it again; else it ends the VM */

	/* live */
	struct policy policy, io_policy, emulator_policy;
	struct policy neighbour_policy; /* spec_neighbour_policy() knows whether it was given */
	struct pinlist pin, io_pin;
	bool has_emulator_pin;
	struct cpuset emulator_pin;
	enum place_at place_at;
	bool force;
	struct noise noise;

	/* load */
	struct policy guest_policy; /* meaningful where given */
	const char *workload[SPEC_WORKLOADS_MAX];
	int nr_workloads;
	int64_t duration_ns; /* 0: until it stops (run) */
	int64_t warmup_ns;
	const char *warmup_until; /* of a run: "login", "agent", "console:REGEX"; NULL: warmup_ns */
	uint64_t bs_bytes;
	int iodepth;
	int rwmix; /* percent reads */
	bool direct, iopoll, sqpoll;
	int64_t stuck_after_ns;   /* without an answer: a dead disk */
	int handicap;             /* percent */
	struct arrival_rate rate; /* of the I/O loads */
	const char *scratch;      /* folder or NULL: state folder */
	uint64_t scratch_bytes;
	enum observe observe;
	const char *events;          /* NULL: the built-in set */
	const char *trace;           /* file, or NULL */
	uint64_t trace_buffer_bytes; /* of each CPU */
	uint64_t trace_limit_bytes;  /* of all of a trial, of each VM */

	/* report */
	int repeat;
	int boots;     /* 0: see matrix.h */
	uint64_t seed; /* 0: drawn and printed */
	bool control;  /* an A/A arm beside the others */
	const char *baseline, *arms, *preset, *output, *resume;
	bool pairs;
	bool allow_paths;  /* in the arms file */
	double until_ci;   /* 0: no */
	int64_t budget_ns; /* 0: no limit */
	struct shard shard;
	int slurm; /* tasks; 0: no */
	bool submit;
	int64_t shutdown_timeout_ns, qmp_timeout_ns;
	int64_t boot_timeout_ns; /* of the built-in guest; 0: by accelerator */
	bool dry_run, hold, json, overwrite;
	int verbose;                          /* -q: -1 */
	const char *fail_if[SPEC_LIMITS_MAX]; /* limits */
	int nr_fail_ifs;
	enum spec_side side;   /* report: of the FILE words that follow */
	double session_spread; /* given: a share; 0: to be learned */
	const char *by;        /* report: the field of the host that parts old from new, or NULL */
	const char *format;    /* report --format */

	char **qemu_args; /* after "--", NULL-terminated; or NULL */
};

/* The command's defaults. */
void spec_init(struct spec *spec, enum command_kind command);
/* The `spec` object of a result line: every knob that has a meaning for a VM or a load, as knob name -> text.  NULL:
 * no memory. */
struct json_object *spec_to_json(const struct spec *spec);
/* The words after "--" as one line for a shell, malloc'ed; NULL: there are none, or no memory. */
char *spec_qemu_words(const struct spec *spec);
/* Of the vCPUs of all VMs but the first: --policy's where nothing else is said. */
const struct policy *spec_neighbour_policy(const struct spec *spec);
/* --warmup agent */
bool spec_waits_for_agent(const struct spec *spec);
/* "run", "bench", ... NULL-terminated, in the order of enum command_kind. */
extern const char *const command_names[];

#endif
