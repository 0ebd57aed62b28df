/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - what all boots and trials of one qlaunch share: the pump, the host, the scratch, the built-in guest.
 */
#ifndef LAUNCHER_SESSION_H
#define LAUNCHER_SESSION_H

#include <stdbool.h>

#include "cpuset.h"
#include "err.h"
#include "identity.h"
#include "kernel.h"
#include "mem_sizes.h"
#include "plan.h"
#include "qemu_file.h"
#include "rlimits.h"
#include "scratch.h"
#include "sealed.h"
#include "spec.h"
#include "topology.h"
#include "tsc.h"

struct confine;
struct pump;
struct json_object;

/* What one binary can do for the VMs that name it and this --accel. */
struct qemu_answer {
	const char *asked; /* --qemu, or NULL */
	enum accel accel;
	struct file_mark mark;
	bool is_stored; /* from the cache: asked in an earlier run */
	struct qemu_can can;
};

#define OBSERVE_PRICES 16

/* Other events, and a vCPU's twice as many (in guest mode and in host mode), have another price. */
struct observe_price {
	int level;
	bool kvm;
	const char *events;   /* as in the spec: borrowed; NULL: the built-in set */
	double ns_per_switch; /* NaN: not measurable */
};

/* What observe_cost.c has measured so far. */
struct observe_costs {
	struct observe_price price[OBSERVE_PRICES]; /* the last ones */
	int nr_prices;                              /* that were ever measured */
	double ns_per_event; /* of --trace: 0 not measured yet, NaN not measurable */
	double ns_per_punt;  /* the same; asked for only where there was one: observe_punts.c */
};

struct session {
	struct pump *pump;
	struct topology host;
	struct rlimits limits;
	struct cpuset own;    /* our affinity before we moved */
	char unobserved[400]; /* which observation that was asked for is not there, and why; "" */
	char inherited[400];  /* what is unusual about it, see host_inherited() */
	struct qemu_answer **qemu;
	int nr_qemu;
	struct own_uid own_uid[QL_VMS_MAX];     /* of an arm's VMs, where root starts them */
	bool changes_uid;                       /* QEMU runs as another user */
	struct sealed kernel_copy, initrd_copy; /* for a QEMU that may not read them */
	struct tsc_mark opened;                 /* the first of two readings */
	int64_t qmp_timeout_ns;                 /* of a QEMU that is only asked what it can do */
	struct json_object *host_record, *kvm_modules; /* NULL until asked for: many files */
	struct scratch scratch;
	bool has_scratch;
	struct scratch *more_scratch; /* of an arm's second VM, its third, ... */
	int nr_more_scratch;
	int nr_scratch_read;                      /* of all, through the page cache */
	uint64_t scratch_asked;                   /* bytes, before rounding */
	struct kernel kernel;                     /* of the built-in guest */
	const char *kernel_asked, *modules_asked; /* of the spec that it was made for */
	char initrd[4096];
	char qload[4096];
	struct observe_costs observe;
	int verbose;
	bool hold;
	struct mem_sizes mem_sizes; /* of the workload mem in every arm */
	int nr_trials;              /* of the whole design; 0 for run */
};

/* What the QEMU of this VM of an arm may do, so far as the spec says it. */
int session_confine(struct session *session, const struct spec *spec, int vm, struct confine *ret,
                    struct err *err) MUST_CHECK;
/* Pump, topology, host record.  verbose as in spec. */
int session_open(const struct spec *spec, struct session **ret, struct err *err) MUST_CHECK;
/* What a result line says of the host, and of KVM; borrowed.  Read once. */
struct json_object *session_host(struct session *session);
struct json_object *session_kvm_modules(struct session *session);

/* How to come by an answer.  A plan that stands for a whole sweep is worth asking anew; doctor must, and keeps nothing. */
enum ask { ASK_STORED, ASK_ANEW, ASK_ONLY };

/* Learns what this spec's QEMU can do; what is known in this session already is not asked again. */
int session_probe(struct session *session, const struct spec *spec, enum ask ask, struct err *err)
        MUST_CHECK;
/* After QEMU has refused to start: asks it where the answer was a stored one.  1: what it says now differs. */
int session_probe_again(struct session *session, const struct spec *spec, struct err *err)
        MUST_CHECK;
/* The answer for this spec; one without a path where it was not probed. */
const struct qemu_can *session_qemu(const struct session *session, const struct spec *spec);
/* Before each start: a binary that was replaced since it was asked is named by its new hash, with a warning. */
void session_check_qemu(struct session *session, const struct spec *spec);
/* The scratch of this size, filled (with progress), for I/O workloads, one for each VM; what fits already is kept. */
int session_scratch(struct session *session, const struct spec *spec, struct err *err) MUST_CHECK;
/* NULL where this VM of an arm has none. */
const struct scratch *session_scratch_of(const struct session *session, int vm);
/* Kernel and initramfs of the built-in guest; what fits already is kept. */
int session_guest(struct session *session, const struct spec *spec, struct err *err) MUST_CHECK;
/* -EINVAL where the built-in guest cannot even start in --memory: it would be silent until the boot's deadline. */
int session_check_memory(const struct spec *spec, const struct kernel *kernel, const char *initrd,
                         struct err *err) MUST_CHECK;
/* Both, as far as this arm needs them. */
int session_fit(struct session *session, const struct spec *spec, struct err *err) MUST_CHECK;
/* Moves qlaunch itself to the plan's emulator CPUs (all of its own where the plan confines nothing). */
int session_move(struct session *session, const struct plan *plan, struct err *err) MUST_CHECK;
void session_close(struct session **session);

#endif
