/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * args_cases.h - command lines whose QEMU arguments are compared with golden files and tried on QEMU itself.
 */
#ifndef TESTS_ARGS_CASES_H
#define TESTS_ARGS_CASES_H

#include "cmdline.h"
#include "qemu_args.h"

#define BUILTIN  1u
#define PASTABLE 2u
#define BY_NAME  4u
#define QCOW2    8u
#define DEVICE   16u
#define NOFDS    32u
#define LAYERS   64u

struct args_case {
	const char *name, *line;
	const struct qemu_can *qemu;
	unsigned int is;
	bool no_start; /* names files that do not exist: not for QEMU itself */
};

extern const struct args_case args_cases[];
extern const int nr_args_cases;
extern const struct qemu_can args_qemu;
/* What prepare() fills; too big for the stack. */
extern struct plan args_plan;
extern struct cmdline args_cmdline;

/* Plans a line on the recorded two-CPU machine.  The result is the line's copy, freed after the arguments are made. */
char *args_prepare(const char *words, const struct qemu_can *qemu, struct qemu_inputs *in);
/* The disks, fds and kernel of a case. */
void args_describe(const struct args_case *c, struct qemu_inputs *in);

#endif
