/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_specs.h - do all lines of an arm have the same knobs?  Where not, the arm is not one thing, and says so.
 */
#ifndef REPORT_RESULT_SPECS_H
#define REPORT_RESULT_SPECS_H

#include <stddef.h>

#include "err.h"

struct json_object;
struct result_trial;
struct results;

/* ret_id: the spec's number, -1 for none or past the table's limit.  -ENOMEM only. */
int result_note_spec(struct results *results, struct json_object *spec, int *ret_id) MUST_CHECK;
/* list: all trials, by arm and workload.  A warning for each arm whose lines in one file differ.  -ENOMEM only. */
int result_specs_compare(struct results *results, struct result_trial *const *list, size_t nr)
        MUST_CHECK;

#endif
