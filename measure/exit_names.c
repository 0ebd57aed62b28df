/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exit_names.c - the kernel's own two tables, from its headers for user space. */
#include "exit_names.h"

#include <stddef.h>

/* Elsewhere (the counters are also built for other machines) no x86 vCPU leaves a guest. */
#if defined(__x86_64__) && __has_include(<asm/svm.h>) && __has_include(<asm/vmx.h>)
#include <asm/kvm.h> /* the exceptions' numbers */
#include <asm/svm.h>
#include <asm/vmx.h>
#endif

struct exit_row {
	unsigned int reason;
	const char *name;
};

/* `perf kvm stat` has the same tables, from the same headers. */
static const struct exit_row svm[] = {
#ifdef SVM_EXIT_REASONS
	SVM_EXIT_REASONS,
#endif
	{ 0, NULL },
};

static const struct exit_row vmx[] = {
#ifdef VMX_EXIT_REASONS
	VMX_EXIT_REASONS,
#endif
	{ 0, NULL },
};

const char *exit_name(unsigned int isa, unsigned int reason)
{
	const struct exit_row *row = isa == EXIT_ISA_SVM ? svm : isa == EXIT_ISA_VMX ? vmx : NULL;

	for (; row && row->name; row++) {
		if (row->reason == reason)
			return row->name;
	}
	return NULL;
}
