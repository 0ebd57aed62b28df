/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - what will be done: spec + topology + QEMU's capabilities -> plan.  Pure: touches nothing, and after it
 * nothing decides.  --dry-run prints it.
 */
#ifndef LAUNCHER_PLAN_H
#define LAUNCHER_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "cpuset.h"
#include "err.h"
#include "placement.h"
#include "sha256.h"
#include "spec.h"

struct topology;

/* What the QEMU binary and /dev/kvm can do, as probed (qemu_probe.h) or recorded (tests). */
struct qemu_can {
	char path[4096]; /* of the binary; "" none */
	char sha256[SHA256_TEXT];
	char sha256_why[128]; /* why it is not known */
	int version;          /* 70222 */
	char version_text[64];
	bool aio_io_uring, aio_native;
	char no_kvm[240], no_tcg[240]; /* the binary's words where it cannot use this accelerator */
	bool kvm_device;               /* /dev/kvm opens read-write */
	bool kvm_by_fd;    /* by us: QEMU may not open it, and takes ours (-accel kvm,device=) */
	bool kvm_hardware; /* vmx or svm in /proc/cpuinfo */
	char kvm_cpu
	        [64]; /* the -cpu that starts under KVM: host, or what the binary takes in its place */
	bool is_unsure;    /* a CPU model failed for a reason that may be gone the next time */
	char kvm_why[160]; /* why not, "" where it works */
	unsigned tsc_khz;  /* of this host, which is an emulated guest's too; 0: not known */
};

#define QL_VCPUS_MAX        255
#define QL_IOTHREADS_MAX    64
#define PLAN_PLACEMENTS_MAX (QL_VCPUS_MAX + QL_IOTHREADS_MAX + 16)
#define PLAN_NOTES_MAX      10

struct plan {
	bool guest;           /* a VM; else native */
	bool kvm;             /* accelerator taken */
	bool kvm_is_software; /* by a KVM that needs neither vmx nor svm */
	char accel_why[256];  /* "auto: tcg, because ..." */
	int vcpus;            /* native: workers */
	char cpu[256], machine[256];
	int iothreads;
	enum aio aio;
	enum cache cache;      /* of the scratch */
	enum cache disk_cache; /* of the user's disks */
	int queues;            /* 0: QEMU's own */
	/* Where QEMU starts, and the emulator, pool, helpers, qlaunch and native loader stay.  Empty: not confined. */
	struct cpuset emulator;
	int nr_placements;
	struct placement placement[PLAN_PLACEMENTS_MAX];
	int vms;                                         /* equal VMs; natively 1 */
	struct placement neighbour[PLAN_PLACEMENTS_MAX]; /* the same rows for all but the first */
	char note[PLAN_NOTES_MAX][256]; /* for people: "-cpu host refused by ..., qemu64 taken" */
	int nr_notes;
	int first_pin_note,
	        nr_pin_notes; /* of these: what the pins do to the figures, for the line's warnings */
};

/* The accelerator of a guest. */
bool plan_takes_kvm(enum accel accel, const struct qemu_can *qemu);
/* Policies that were not asked for are those that qlaunch itself has. */
void plan_inherit(struct spec *spec, const struct topology *host);
/* How many vCPUs (natively: workers) a spec asks for. */
int plan_vcpus(const struct spec *spec, const struct topology *host);
/* -EINVAL with the sentence of a refusal: RT vCPU without a CPU left for the emulator, wrong list length, offline... */
int plan_make(const struct spec *spec, const struct topology *host, const struct qemu_can *qemu,
              struct plan *ret, struct err *err) MUST_CHECK;
/* The same VM with nothing placed: CPUs and policies as inherited; for --place-at ready. */
int plan_make_neutral(const struct spec *spec, const struct topology *host,
                      const struct qemu_can *qemu, struct plan **ret, struct err *err) MUST_CHECK;
void plan_free(struct plan **plan); /* CLEANUP */
/* The rows for this VM of the arm. */
const struct placement *plan_rows(const struct plan *plan, int vm);
/* Whether QEMU opens what it caches so with O_DIRECT. */
bool plan_is_direct(enum cache cache);
/* The scratch's file system has no O_DIRECT: QEMU would refuse to start with what asks for it. */
void plan_without_direct(struct plan *plan);
/* A head line or two, the notes, then one row a thread: "vcpu/0  cpus 2  fifo:1". */
void plan_print(const struct plan *plan, FILE *out);

#endif
