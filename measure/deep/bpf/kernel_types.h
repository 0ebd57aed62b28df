/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_types.h - the few members of kernel structures that the programs read.  libbpf finds their real offsets in the
 * running kernel's BTF, so no kernel's headers are needed to build, and one build runs everywhere.
 */
#ifndef MEASURE_BPF_KERNEL_TYPES_H
#define MEASURE_BPF_KERNEL_TYPES_H

#define RELOCATED __attribute__((preserve_access_index))

struct task_struct {
	unsigned int pid, tgid; /* the initial namespace's TID and PID */
	char comm[16];
	unsigned int policy; /* SCHED_... */
	unsigned int in_iowait : 1;
} RELOCATED;

/* What user space had in its registers at the system call: its number, and the second and third argument. */
struct pt_regs {
	unsigned long si, dx, orig_ax;
} RELOCATED;

struct vmcb_control_area {
	unsigned int exit_code;
} RELOCATED;

struct vmcb {
	struct vmcb_control_area control;
} RELOCATED;

struct vcpu_svm {
	struct vmcb *vmcb;
} RELOCATED;

union vmx_exit_reason {
	unsigned int full;
} RELOCATED;

struct vcpu_vmx {
	union vmx_exit_reason exit_reason;
} RELOCATED;

/* Since Linux 6.15 VMX and TDX share it. */
struct vcpu_vt {
	union vmx_exit_reason exit_reason;
} RELOCATED;

struct vcpu_vmx___shared {
	struct vcpu_vt vt;
} RELOCATED;

#endif
