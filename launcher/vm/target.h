/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target.h - what a trial runs on: one QEMU, or one qload on the host.  The same shape for both, so that the same
 * trial code drives them.
 */
#ifndef LAUNCHER_TARGET_H
#define LAUNCHER_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "marks.h"
#include "qmp_query.h"
#include "threads.h"

struct agent;
struct channel;
struct child;
struct console;
struct disk_info;
struct json_object;
struct placed;
struct plan;
struct qmp;
struct session;
struct spec;

struct target {
	struct session *session;
	bool guest, kvm; /* kvm: the accelerator of a guest */
	int number;      /* which of the arm's VMs; natively 0 */
	struct child *child;
	struct channel *channel; /* NULL for a user's own VM */
	struct agent *agent;     /* of --warmup agent, else NULL */
	struct qmp *qmp;         /* guest only */
	struct console *console; /* guest only */
	struct threads threads;
	struct qmp_vcpu vcpu[QMP_VCPUS_MAX];
	int nr_vcpus;
	int64_t qmp_timeout_ns, boot_timeout_ns;
	int64_t poll_max_ns; /* QEMU's own, of an iothread that was not told otherwise */
	struct thread known[2 * QMP_VCPUS_MAX + QMP_IOTHREADS_MAX]; /* workers may have partners */
	int nr_known;
	struct json_object *vm; /* guest only: QEMU version, argv, accel, kvm */
	bool held;              /* --hold has been served */
	struct placed *placed;  /* what the kernel said before the first guest instruction */
	int nr_placed;
	bool quits;         /* QMP quit was sent */
	bool released;      /* the first guest instruction may have run */
	uint64_t next_id;   /* of trials */
	struct marks marks; /* of the last trial */
};

/* qload on the host, saying hello.  Its workers come with each trial. */
int target_start_native(struct session *session, const struct plan *plan, struct target **ret,
                        struct err *err) MUST_CHECK;

/* What kind of VM, beyond the spec. */
struct vm_wish {
	const struct spec *spec;
	const struct plan *plan;
	bool builtin; /* the built-in guest with the load channel, and the scratch */
	int vm;       /* which of the plan's VMs: its rows, its scratch */
	const struct disk_info *disks; /* spec->nr_disks of them, open */
	const int *overlays;           /* per disk, -1 none; NULL: no --snapshot */
	bool terminal;                 /* console on the terminal */
	int console_log_fd;            /* else, for a user's VM */
};

/* QEMU started confined and stopped (-S), every thread known, placed and read back.  Not released. */
int target_start_vm(struct session *session, const struct vm_wish *wish, struct target **ret,
                    struct err *err) MUST_CHECK;
/* Lets the guest run. */
int target_cont(struct target *target, struct err *err) MUST_CHECK;
/* Of the built-in guest: waits for its hello.  Newcomers are placed. */
int target_meet(struct target *target, const struct plan *plan, struct err *err) MUST_CHECK;
/* Both. */
int target_release(struct target *target, const struct plan *plan, struct err *err) MUST_CHECK;
/* Scans again and places every thread that is there as the plan says (live re-tuning). */
int target_tune(struct target *target, const struct plan *plan, struct err *err) MUST_CHECK;
/* Only what is new since the last scan. */
int target_tune_new(struct target *target, const struct plan *plan, struct err *err) MUST_CHECK;
/* After a reset of the guest, which keeps its threads: asks QEMU for them again, places all and reads back.  -EPROTO where
 * a vCPU has another thread now, or is not where it was put. */
int target_place_again(struct target *target, const struct plan *plan, struct err *err) MUST_CHECK;
/* "vcpu/0": the thread's name in a figure's parts; a worker's partner is "native/0.partner". */
/* The process a thread is read under: a kernel thread is its own. */
pid_t target_process_of(const struct target *target, const struct thread *thread);
void target_key(const struct target *target, const struct thread *thread, char *buf, size_t size);
/* channel_wait(), for at most limit_ns.  QEMU is left alone while the load may be silent (silent_ns: nothing of ours may
 * disturb a window), then asked, every --qmp-timeout, whether it is still there and running. */
int target_hear(struct target *target, const char *kind, uint64_t id, int64_t silent_ns,
                int64_t limit_ns, char **ret, struct err *err) MUST_CHECK;
/* Whether QEMU still answers and says that the guest runs. */
int target_ask_alive(struct target *target, struct err *err) MUST_CHECK;
/* --hold: says "held pid=N" and waits for a line on stdin. */
int target_hold(struct target *target, struct err *err) MUST_CHECK;
/* The same of several: "held pid=N,N". */
int targets_hold(struct target *const *targets, int nr, struct err *err) MUST_CHECK;
/* Where the process is gone, its end becomes the message; returns -err->code. */
int target_explain(struct target *target, struct err *err);
/* Sends QMP quit only: QEMU's own end takes tens of milliseconds, in which other things can be done. */
void target_quit(struct target *target);
/* QMP quit, TERM, KILL; reaped. */
void target_end(struct target **target);

#endif
