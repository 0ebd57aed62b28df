/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat.h - a trace as trace-cmd's own file, for trace-cmd report and KernelShark: libtracecmd writes it.
 * Lines of our own (trace_pages.h) are print events of one CPU more than the machine has.
 */
#ifndef MEASURE_TRACE_DAT_H
#define MEASURE_TRACE_DAT_H

#include "err.h"

struct trace;

/* Into fd, which stays open.  marks_fd: the lines' pages, or -1.  After trace_finish(), before trace_close(). */
int trace_dat_write(const struct trace *trace, int marks_fd, int fd, struct err *err) MUST_CHECK;

#endif
