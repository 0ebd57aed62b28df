/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_threads.h - the threads of one trial: where each was placed, and its share of the figures that are kept by
 * thread.
 */
#ifndef REPORT_HTML_THREADS_H
#define REPORT_HTML_THREADS_H

#include "err.h"

struct details;
struct json_object;

/* The line's `threads` and `figures`.  -ENOMEM only. */
int html_threads_add(struct details *details, size_t trial, struct json_object *threads,
                     struct json_object *figures) MUST_CHECK;

#endif
