/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_notes.h - what a line says about its circumstances: which machine, which QEMU, which warnings.
 */
#ifndef REPORT_RESULT_NOTES_H
#define REPORT_RESULT_NOTES_H

#include <stdint.h>

#include "err.h"

struct json_object;
struct results;

/* Each: -ENOMEM only; what is of another type, or past the tables' limits, is left out.  ret_*: the number of
 * the host, accelerator or level, -1 for none. */
int result_note_host(struct results *results, struct json_object *host, int *ret_id) MUST_CHECK;
int result_note_vm(struct results *results, struct json_object *vm, int16_t *ret_accel) MUST_CHECK;
/* The level of --observe that was used, as it is shown: "light + trace (deep was asked for, and could not watch)". */
int result_note_observer(struct results *results, struct json_object *level,
                         struct json_object *asked, struct json_object *trace, int16_t *ret_level)
        MUST_CHECK;
/* How many trials, repeats and boots the line's sweep is of; each sweep counts once, parts of it in several files as one. */
int result_note_planned(struct results *results, struct json_object *seed,
                        struct json_object *design, struct json_object *planned) MUST_CHECK;
/* What was past the limits of reasons.h, as warnings: after the last line. */
int result_note_cut(struct results *results) MUST_CHECK;
/* A warning of so many lines; kind: what makes it the same as another one. */
int result_note_warning(struct results *results, const char *kind, const char *text,
                        unsigned long nr_lines) MUST_CHECK;
int result_note_warnings(struct results *results, struct json_object *warnings) MUST_CHECK;

#endif
