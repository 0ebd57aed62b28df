/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat.h - a trace as trace-cmd's own file, for trace-cmd report and KernelShark: libtracecmd writes it.
 * The facts' marks are print events of one CPU more than the machine has.
 */
#ifndef MEASURE_TRACE_DAT_H
#define MEASURE_TRACE_DAT_H

#include "err.h"

struct timeline_facts;
struct trace;

/* Into fd, which stays open.  After trace_finish(), before trace_close(). */
int trace_dat_write(const struct trace *trace, const struct timeline_facts *facts, int fd,
                    struct err *err) MUST_CHECK;

#endif
