/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_figures.h - the `figures` object of a result line into the tables of struct results.
 */
#ifndef REPORT_RESULT_FIGURES_H
#define REPORT_RESULT_FIGURES_H

#include "results.h"

/* Values go to the end of the table, as of trial nr_trials; what is no object holds none.  -EINVAL: a figure that is none;
 * -E2BIG: too many names; -ENOMEM. */
int result_figures_read(struct results *results, struct json_object *figures) MUST_CHECK;
/* A sentence's number: long ones are cut, and past the limit all others share one number. */
int result_reason_add(struct names *names, const char *text);
/* Makes room for one more of `size` bytes. */
int results_grow(void **list, size_t *room, size_t nr, size_t size) MUST_CHECK;

#endif
