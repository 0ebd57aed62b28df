/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit_names.h - why a vCPU leaves its guest, named as the kernel's trace and `perf kvm stat` name it.
 */
#ifndef MEASURE_EXIT_NAMES_H
#define MEASURE_EXIT_NAMES_H

/* As kvm_exit's `isa` says it. */
enum exit_isa { EXIT_ISA_VMX = 1, EXIT_ISA_SVM = 2 };

/* NULL: this table does not know it. */
const char *exit_name(unsigned int isa, unsigned int reason);

#endif
