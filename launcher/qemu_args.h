/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_args.h - plan -> QEMU's argv.  Pure; golden files in tests/data.  Every user string goes in as JSON
 * (-blockdev, -device) or as an fd, never as "a=b,c=d" text (FACTS F21).
 */
#ifndef LAUNCHER_QEMU_ARGS_H
#define LAUNCHER_QEMU_ARGS_H

#include "err.h"
#include "plan.h"
#include "spec.h"

/* The fds that QEMU inherits, by number in the child; -1: none. */
struct qemu_fds {
	int qmp, console, load;   /* socketpair ends */
	int scratch;              /* goes in as /dev/fdset/1 */
	int disk[SPEC_DISKS_MAX]; /* /dev/fdset/(2+i) */
};

struct qemu_disk {
	const char *file; /* shown in the pastable variant */
	bool qcow2;       /* driver, from the bounded header read */
	bool readonly, block_device;
};

struct qemu_inputs {
	const struct spec *spec;
	const struct plan *plan;
	struct qemu_fds fds;
	const char *kernel, *initrd, *append; /* the guest's, NULL: boot the first disk */
	bool builtin_guest; /* the virtio-serial load channel and scratch are wanted */
	const char *nonce;  /* of the load channel */
	struct qemu_disk disk[SPEC_DISKS_MAX];
	const char *overlay
	        [SPEC_DISKS_MAX]; /* reserved for --snapshot; QEMU's own snapshot=on blockdev is used instead where NULL */
	bool pastable; /* file names instead of passed fds, no QMP, stdio console, no -S */
};

struct strv {
	char **v; /* NULL-terminated */
	int nr;
};

int qemu_args(const struct qemu_inputs *in, struct strv *ret, struct err *err) MUST_CHECK;
/* One line, quoted for sh. */
void strv_print_shell(const struct strv *args, FILE *out);
void strv_done(struct strv *args);

#endif
