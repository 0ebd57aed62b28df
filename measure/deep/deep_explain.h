/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_explain.h - words for what BPF was refused: rights, files, the kernel's own errno.
 */
#ifndef MEASURE_DEEP_EXPLAIN_H
#define MEASURE_DEEP_EXPLAIN_H

#include "err.h"

/* libbpf's rc is the kernel's errno. */
int deep_explain(int rc, const char *what, struct err *err);
/* The window's own readings open files too: -EMFILE where too few are left for them. */
int deep_check_files(const char *what, struct err *err) MUST_CHECK;

#endif
