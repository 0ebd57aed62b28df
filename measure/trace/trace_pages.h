/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_pages.h - lines of our own as the kernel's ring would hold them, each at the time it is about.
 *
 * trace_marker stamps what is written with the moment of writing, and a guest's own time on the host's clock is known
 * only when the window is over.  So these lines stand in pages of their own, as if one more CPU had recorded them.
 */
#ifndef MEASURE_TRACE_PAGES_H
#define MEASURE_TRACE_PAGES_H

#include "err.h"

struct timeline_facts;
struct trace;

/* The facts' marks, a page each, in a file without a name.  *ret_fd -1: there are none. */
int trace_pages_make(const struct trace *trace, const struct timeline_facts *facts, int *ret_fd,
                     struct err *err) MUST_CHECK;

#endif
