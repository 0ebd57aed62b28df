/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_files.h - several files in one report: parts of one experiment (shards) are one, while an arm that other
 * experiments measured as well becomes an arm a file, so that old and new can be compared.
 */
#ifndef REPORT_RESULT_FILES_H
#define REPORT_RESULT_FILES_H

#include "err.h"

struct results;

/* Renames "guest" to "guest [old.jsonl]" and "guest [new.jsonl]", and notes each arm's twin in the first file that
 * has it.  -ENOMEM. */
int result_files_part(struct results *results) MUST_CHECK;
/* Before results_finish(): sides by a field of the host record; the first file's value is the old one.  -EINVAL: the
 * field is in no line, has one value, or more than two. */
int result_files_by_host(struct results *results, const char *field, struct err *err) MUST_CHECK;
/* Marks files all of whose trials stand in other files as well. */
void result_files_find_copies(struct results *results);

#endif
