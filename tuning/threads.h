/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threads.h - who is there: every thread of one process, and the kernel threads that work for it.
 *
 * Roles come from what QEMU said over QMP (known[]), from the time of birth and from the kernel's own task flags
 * (PF_USER_WORKER, PF_IO_WORKER in /proc/PID/task/TID/stat), never from names: names are for display.  Kernel
 * threads (kvm-pit/PID, kvm-nx-lpage-recovery-PID, vhost-PID) carry the PID in their name, which is their only link.
 */
#ifndef TUNING_THREADS_H
#define TUNING_THREADS_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

#define THREADS_MAX 4096

enum role {
	ROLE_VCPU,
	ROLE_IOTHREAD,
	ROLE_EMULATOR, /* main loop, RCU, monitor: there before the first guest instruction */
	ROLE_POOL,     /* block layer's workers: born later in user space, or named so */
	ROLE_HELPER,   /* the kernel's own: kvm-nx-lpage-recovery, io_uring workers */
	ROLE_VHOST,
	ROLE_KVM_PIT,
	ROLE_NATIVE, /* qload's workers on the host */
	ROLE_LOADER, /* qload's other threads on the host */
	NR_ROLES
};

struct thread {
	pid_t tid;
	enum role role;
	int index;            /* within the role */
	char name[32];        /* display only */
	uint64_t start_ticks; /* field 22 of stat: with the tid it names one life of the number */
};

struct threads {
	pid_t pid; /* of the process; kernel threads have other ones */
	int nr;
	struct thread *list; /* sorted by role, then index */
	int next[NR_ROLES];  /* the next index of a role: those of the dead are not used again */
};

const char *role_name(
        enum role
                role); /* "vcpu", "iothread", "emulator", "pool", "helper", "vhost", "kvm-pit", ... */

/* First scan (ret empty): unknown threads become `newcomer`.  Re-scan (ret filled): threads keep role and index, the
 * gone are dropped, newcomers are classified by task flags, user-space ones as `newcomer`.  Returns how many are new.
 * Each known thread must be a thread of pid (be in /proc/PID/task), unique, and not ours. */
int threads_scan(pid_t pid, const struct thread *known, int nr_known, enum role newcomer,
                 struct threads *ret, struct err *err) MUST_CHECK;
/* Gives a thread of the list another role, and the next index of it. */
void threads_set_role(struct threads *threads, int i, enum role role);
/* -ESRCH where the thread ended or its number now belongs to another life. */
int thread_check(const struct thread *thread, struct err *err) MUST_CHECK;
void threads_done(struct threads *threads);

#endif
