/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_inputs.h - what qemu_args() is told about one VM: the same for the VM that is started and for the one that a dry
 * run shows, so that both have one command line.  Pure.
 */
#ifndef LAUNCHER_VM_INPUTS_H
#define LAUNCHER_VM_INPUTS_H

#include "err.h"
#include "qemu_args.h"

struct child_wish;
struct vm_wish;

struct vm_inputs {
	struct qemu_inputs qemu;
	char append[1024]; /* qemu.append of a built-in guest */
};

/* The fds of ours that are there (>= 0), as the child's list, and in *ret the numbers they have there. */
void vm_fds(const struct qemu_fds *ours, struct child_wish *child, struct qemu_fds *ret);
/* fds are the child's.  kernel, initrd: of the built-in guest (a user's VM has the spec's); nonce: of its channel. */
int vm_inputs(const struct vm_wish *wish, const struct qemu_can *qemu, const struct qemu_fds *fds,
              const char *kernel, const char *initrd, const char *nonce, struct vm_inputs *ret,
              struct err *err) MUST_CHECK;

#endif
