/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_args.h - plan -> QEMU's argv.  Pure; golden files in tests/data.
 *
 * A user's file goes in as an fd or as JSON (-blockdev, -device), never as "a=b,c=d" text: there a comma in a name
 * would be the next option.
 */
#ifndef LAUNCHER_QEMU_ARGS_H
#define LAUNCHER_QEMU_ARGS_H

#include "err.h"
#include "plan.h"
#include "spec.h"
#include "strv.h"

#define QEMU_LAYERS_MAX 32

/* A backing file, behind the disk or behind the layer before it. */
struct qemu_layer {
	int fd; /* ours, read-only */
	bool qcow2, block_device;
};

/* The fds that QEMU inherits, by number in the child; -1: none. */
struct qemu_fds {
	int qmp, console, load; /* socketpair ends */
	int agent;              /* the same, of the guest agent's port: --warmup agent */
	int kvm;                /* goes in as /dev/fdset/34 */
	int kernel, initrd;     /* QEMU opens them again by /proc/self/fd/N */
	int scratch;            /* goes in as /dev/fdset/1 */
	int disk[SPEC_DISKS_MAX]; /* /dev/fdset/(2+i); read-only where the disk is, or with --snapshot */
	int overlay
	        [SPEC_DISKS_MAX]; /* --snapshot: an empty qcow2 for the writes, /dev/fdset/(18+i) */
	int backing[SPEC_DISKS_MAX][QEMU_LAYERS_MAX]; /* read-only; /dev/fdset/(35+32*i+layer) */
};

struct qemu_disk {
	const char *
	        file; /* absolute; used where QEMU opens it itself: pastable, or a backing file by name */
	bool qcow2; /* driver, from the bounded header read */
	bool readonly, block_device;
	bool has_backing;
	const struct qemu_layer *layer; /* the whole chain of backing files, which goes in by fd */
	int nr_layers; /* 0 and has_backing: QEMU finds the backing file beside this one, so it opens both by name */
};

struct qemu_inputs {
	const struct qemu_can *qemu; /* path is argv[0] */
	const struct spec *spec;
	const struct plan *plan;
	struct qemu_fds fds;
	/* The guest's; NULL: boot the first disk.  append is whole: with console= and the load's nonce. */
	const char *kernel, *initrd, *append;
	bool builtin_guest; /* the virtio-serial load channel and (fd >= 0) the scratch are wanted, the disks are not */
	struct qemu_disk disk[SPEC_DISKS_MAX]; /* as many as the spec has */
	/* File names instead of passed fds, no QMP, no -S; console and load channel on stdio; the scratch is a null
	 * device.  For people. */
	bool pastable;
};

/* Names that others use: console and load are chardevs, the scratch's serial is what qload looks for. */
#define QEMU_LOAD_PORT      "org.qlaunch.0"
#define QEMU_SCRATCH_SERIAL "qlaunch-scratch"

/* Iothreads are objects io0, io1, ...; disks are devices disk0, ...; the scratch is the device scratch. */
int qemu_args(const struct qemu_inputs *in, struct strv *ret, struct err *err) MUST_CHECK;

#endif
