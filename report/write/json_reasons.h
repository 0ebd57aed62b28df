/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_reasons.h - exits by reason and preemptors as members of the JSON report.
 */
#ifndef REPORT_JSON_REASONS_H
#define REPORT_JSON_REASONS_H

#include "reasons.h"

struct comparisons;
struct json_object;
struct results;

/* A list of objects, one a name, in the order of the groups; empty where no line has any. */
struct json_object *json_reasons(const struct results *results,
                                 const struct comparisons *comparisons, enum reason_kind kind);

#endif
