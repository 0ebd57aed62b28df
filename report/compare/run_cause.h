/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_cause.h - what kept the vCPUs of a `run` from running, and the setting that changes it, as one sentence.
 *
 * Judged by the vCPU that waited most: a mean over all hides one that starves.  What the line cannot tell is said to be
 * not known; a cause that no counter of the kernel shows (RT throttling, the fair server) is said to be inferred.
 */
#ifndef REPORT_RUN_CAUSE_H
#define REPORT_RUN_CAUSE_H

#include <stddef.h>

struct run_view;

/* Foreign text is in it as it stands in the line: to be escaped where it is shown. */
void run_cause(const struct run_view *view, char *buf, size_t size);

#endif
